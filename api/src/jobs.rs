//! The queue of long work: bounded, in order, one at a time. What waits is recorded, so that a restart resumes it; what is
//! known of a running job stands here.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use crate::error::Error;

/// At most so many jobs wait.
const WAITING: usize = 100;

/// Whose job it is, and its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    pub organisation: String,
    pub id: String,
}

/// The job that runs.
#[derive(Clone)]
pub struct Running {
    pub name: Name,
    /// Whether it can be cancelled: an import writes as it goes.
    pub stops: bool,
    pub cancelled: Arc<Notify>,
    pub done: Arc<AtomicU64>,
    pub total: Arc<AtomicU64>,
}

/// The queue.
pub struct Jobs {
    waiting: Mutex<VecDeque<Name>>,
    running: Mutex<Option<Running>>,
    pushed: Notify,
    changed: watch::Sender<u64>,
}

impl Default for Jobs {
    fn default() -> Jobs {
        Jobs {
            waiting: Mutex::default(),
            running: Mutex::default(),
            pushed: Notify::new(),
            changed: watch::Sender::new(0),
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Jobs {
    /// Whether one more may wait.
    ///
    /// Errors: `busy`.
    pub fn room(&self) -> Result<(), Error> {
        if held(&self.waiting).len() < WAITING { Ok(()) } else { Err(Error::Busy { retry_after_s: 10 }) }
    }

    /// Puts a job at the end, once.
    pub fn push(&self, name: Name) {
        let mut waiting = held(&self.waiting);
        let runs = held(&self.running).as_ref().is_some_and(|running| running.name == name);
        if !runs && !waiting.contains(&name) {
            waiting.push_back(name);
        }
        drop(waiting);
        self.pushed.notify_one();
        self.tell();
    }

    /// Takes a waiting job out; whether it was there.
    pub fn remove(&self, name: &Name) -> bool {
        let mut waiting = held(&self.waiting);
        let before = waiting.len();
        waiting.retain(|other| other != name);
        before != waiting.len()
    }

    /// The next job, when there is one.
    pub async fn next(&self) -> Running {
        loop {
            {
                let mut waiting = held(&self.waiting);
                if let Some(name) = waiting.pop_front() {
                    let running = Running {
                        name,
                        stops: true,
                        cancelled: Arc::default(),
                        done: Arc::default(),
                        total: Arc::default(),
                    };
                    *held(&self.running) = Some(running.clone());
                    return running;
                }
            }
            self.pushed.notified().await;
        }
    }

    /// The job that runs cannot be stopped any more.
    pub fn is_writing(&self) {
        if let Some(running) = held(&self.running).as_mut() {
            running.stops = false;
        }
    }

    pub fn finished(&self) {
        *held(&self.running) = None;
        self.tell();
    }

    /// What is known of the job `name` where it runs.
    pub fn running(&self, name: &Name) -> Option<Running> {
        held(&self.running).clone().filter(|running| running.name == *name)
    }

    /// Jobs that wait, and jobs that run.
    pub fn count(&self) -> (usize, usize) {
        (held(&self.waiting).len(), usize::from(held(&self.running).is_some()))
    }

    /// Something changed: who watches looks again.
    pub fn tell(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    pub fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

impl Running {
    /// Parts done of all parts, where that is known.
    pub fn progress(&self) -> Option<(u64, u64)> {
        let total = self.total.load(Ordering::Relaxed);
        (total > 0).then(|| (self.done.load(Ordering::Relaxed), total))
    }
}
