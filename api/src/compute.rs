//! The bounded lane for heavy work: a place first, then a blocking thread that enters the Rayon pool.
//!
//! Async code never calls an engine directly, and an engine never awaits. Where no place becomes free in time the request is
//! sent away with a hint when to come back.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task;
use tokio::time;

use crate::config;
use crate::error::Error;

/// The lane. Clones share its places.
#[derive(Clone)]
pub struct Compute {
    places: Arc<Semaphore>,
    pool: Arc<rayon::ThreadPool>,
    queue_wait_max: std::time::Duration,
}

impl Compute {
    /// A lane of `config.places` places over a pool of `config.threads` threads.
    pub fn new(config: &config::Compute) -> Result<Compute, Error> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(config.threads)
            .thread_name(|index| format!("compute-{index}"))
            .build()
            .map_err(Error::internal)?;
        Ok(Compute {
            places: Arc::new(Semaphore::new(config.places)),
            pool: Arc::new(pool),
            queue_wait_max: config.queue_wait_max,
        })
    }

    /// Runs `work` in the lane.
    ///
    /// Errors: `busy` where no place became free in time; what `work` answers; `internal` where it panicked.
    pub async fn run<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, Error> + Send + 'static,
    {
        let wait = time::timeout(self.queue_wait_max, self.places.clone().acquire_owned());
        let place = match wait.await {
            Ok(Ok(place)) => place,
            Ok(Err(closed)) => return Err(Error::internal(closed)),
            Err(_) => return Err(Error::Busy { retry_after_s: self.queue_wait_max.as_secs().max(1) }),
        };
        let pool = self.pool.clone();
        // The place travels with the work: a client that hangs up does not free it before the work is over.
        let run = move || {
            let _place = place;
            pool.install(work)
        };
        task::spawn_blocking(run).await.map_err(Error::internal)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn a_full_lane_sends_away_and_a_panic_is_our_fault() {
        let lane = Compute::new(&config::Compute { threads: 1, places: 1, queue_wait_max: Duration::from_millis(1) })
            .expect("a pool of one thread");
        let (leave, wait) = std::sync::mpsc::channel::<()>();
        let (entered, inside) = tokio::sync::oneshot::channel();
        let busy = lane.clone();
        let first = tokio::spawn(async move {
            busy.run(move || {
                let _ = entered.send(());
                wait.recv().map_err(Error::internal)
            })
            .await
        });
        inside.await.expect("the first is inside");
        assert!(matches!(lane.run(|| Ok(())).await, Err(Error::Busy { retry_after_s: 1 })));
        leave.send(()).expect("the first still waits");
        first.await.expect("no panic").expect("done");
        let panicked = lane.run(|| -> Result<(), Error> { panic!("on purpose") }).await;
        assert!(matches!(panicked, Err(Error::Internal { .. })));
        assert!(lane.run(|| Ok(1)).await.is_ok(), "the place is free again");
    }
}
