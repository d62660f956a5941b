//! Jobs through workers in parallel, and out again in order, in constant memory.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError, mpsc};

use rayon::ThreadPool;

/// How many jobs per worker may be under way or waiting for their turn: enough that a slow one does not stop the
/// others, few enough that memory stays that of some of them.
const JOBS_PER_WORKER: usize = 4;

/// Runs `work` over the jobs on all threads of the pool; draws jobs and runs `absorb` on this thread, in order of jobs.
/// A new job is drawn only when an old one has been absorbed, so that jobs may come from a file of any length.
///
/// # Errors
/// The first error of `absorb`; jobs under way are finished and dropped.
///
/// # Panics
/// Where `work` panics, with its own message.
pub(super) fn pump<J: Send, T: Send, E>(
    pool: &ThreadPool,
    jobs: impl IntoIterator<Item = J>,
    work: impl Fn(J) -> T + Sync,
    mut absorb: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let mut jobs = jobs.into_iter().enumerate().fuse();
    let workers = pool.current_num_threads();
    let (tickets, drawn) = mpsc::channel::<(usize, J)>();
    let drawn = Mutex::new(drawn);
    let (done, arrived) = mpsc::channel();

    pool.in_place_scope(|scope| {
        for _ in 0..workers {
            let done = done.clone();
            let (work, drawn) = (&work, &drawn);
            scope.spawn(move |_| {
                // The lock is held while waiting: whoever holds it takes the next ticket, the others wait behind.
                while let Ok((index, job)) = { drawn.lock().unwrap_or_else(PoisonError::into_inner).recv() } {
                    let result = catch_unwind(AssertUnwindSafe(|| work(job)));
                    if done.send((index, result)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        // Moved in here so that it is dropped, and the workers end, however this closure is left.
        let (tickets, arrived) = (tickets, arrived);
        let mut waiting = BTreeMap::new();
        let mut open = 0;
        for next in 0.. {
            while open < workers * JOBS_PER_WORKER
                && let Some(ticket) = jobs.next()
            {
                tickets.send(ticket).expect("the receiver outlives this scope");
                open += 1;
            }
            if open == 0 {
                break;
            }
            let result = loop {
                if let Some(result) = waiting.remove(&next) {
                    break result;
                }
                let (index, result) = arrived.recv().expect("workers live while tickets can come");
                waiting.insert(index, result);
            };
            open -= 1;
            match result {
                Ok(value) => absorb(value)?,
                Err(panic) => resume_unwind(panic),
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn pool(threads: usize) -> ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
    }

    #[test]
    fn results_come_out_in_order_of_jobs_each_once() {
        for threads in [1, 3, 8] {
            let mut seen = Vec::new();
            let work = |job: u64| {
                // Later jobs finish earlier.
                std::thread::sleep(std::time::Duration::from_micros(200 - 2 * job.min(100)));
                job
            };
            pump(&pool(threads), 0..103, work, |job| {
                seen.push(job);
                Ok::<_, ()>(())
            })
            .unwrap();
            assert_eq!(seen, (0..103).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_error_of_a_sink_ends_the_run_and_frees_the_workers() {
        let outcome = pump(&pool(2), 0.., |job: u64| job, |job| if job < 5 { Ok(()) } else { Err("full") });
        assert_eq!(outcome, Err("full"));
    }

    #[test]
    fn no_more_jobs_are_under_way_than_the_window_holds() {
        let (begun, absorbed, most) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |_: u64| {
            let open = begun.fetch_add(1, Ordering::SeqCst) + 1 - absorbed.load(Ordering::SeqCst);
            most.fetch_max(open, Ordering::SeqCst);
        };
        pump(&pool(2), 0..200, work, |()| {
            absorbed.fetch_add(1, Ordering::SeqCst);
            Ok::<_, ()>(())
        })
        .unwrap();
        assert!(most.load(Ordering::SeqCst) <= 2 * JOBS_PER_WORKER, "{most:?}");
    }

    #[test]
    #[should_panic(expected = "worker down")]
    fn a_panic_of_a_worker_is_passed_on() {
        let _ = pump(&pool(2), 0..4, |job: u64| assert!(job != 2, "worker down"), |()| Ok::<_, ()>(()));
    }
}
