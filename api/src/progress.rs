//! Progress bars on a terminal; nothing anywhere else.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Where progress is shown. Clones share the screen.
#[derive(Clone)]
pub struct Progress {
    bars: MultiProgress,
}

/// One step of the work; a bar where its length is known.
pub struct Step {
    bar: ProgressBar,
}

impl Progress {
    /// On standard error where that is a terminal.
    pub fn on_terminal() -> Progress {
        // The library draws nothing where standard error is a file or a pipe.
        Progress { bars: MultiProgress::new() }
    }

    /// Shown nowhere.
    pub fn hidden() -> Progress {
        Progress { bars: MultiProgress::with_draw_target(ProgressDrawTarget::hidden()) }
    }

    /// Begins a step of `length` parts, or of unknown length.
    pub fn step(&self, label: String, length: Option<u64>) -> Step {
        let bar = match length {
            Some(length) => ProgressBar::new(length),
            None => ProgressBar::new_spinner(),
        };
        let template = match length {
            Some(_) => "{elapsed_precise} {bar:30} {pos}/{len} {msg}",
            None => "{elapsed_precise} {spinner} {msg}",
        };
        let bar = self.bars.add(bar);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(label);
        bar.enable_steady_tick(Duration::from_millis(120));
        Step { bar }
    }
}

impl Step {
    pub fn advance(&self, parts: u64) {
        self.bar.inc(parts);
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.bar.finish();
    }
}
