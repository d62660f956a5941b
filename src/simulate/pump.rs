//! Chunks through workers in parallel, and out again in order, in constant memory.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, mpsc};

use rayon::ThreadPool;

/// How many chunks per worker may be under way or waiting for their turn: enough that a slow chunk does not stop the
/// others, few enough that memory stays that of some chunks.
const CHUNKS_PER_WORKER: usize = 4;

/// Runs `work` over `0..n` cut in chunks of `chunk`, on all threads of the pool, and `absorb` on this thread in
/// order of chunks. A new chunk is begun only when an old one has been absorbed.
///
/// # Errors
/// The first error of `absorb`; chunks under way are finished and dropped.
///
/// # Panics
/// Where `work` panics, with its own message.
pub(super) fn pump<T: Send, E>(
    pool: &ThreadPool,
    n: u64,
    chunk: u64,
    work: impl Fn(Range<u64>) -> T + Sync,
    mut absorb: impl FnMut(Range<u64>, T) -> Result<(), E>,
) -> Result<(), E> {
    let range = |index: u64| index * chunk..n.min((index + 1) * chunk);
    let chunks = n.div_ceil(chunk);
    let workers = pool.current_num_threads();
    let (tickets, drawn) = mpsc::channel::<u64>();
    let drawn = Mutex::new(drawn);
    let (done, arrived) = mpsc::channel();

    pool.in_place_scope(|scope| {
        for _ in 0..workers {
            let done = done.clone();
            let (work, drawn, range) = (&work, &drawn, &range);
            scope.spawn(move |_| {
                // The lock is held while waiting: whoever holds it takes the next ticket, the others wait behind.
                while let Ok(index) = { drawn.lock().unwrap_or_else(std::sync::PoisonError::into_inner).recv() } {
                    let result = catch_unwind(AssertUnwindSafe(|| work(range(index))));
                    if done.send((index, result)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        // Moved in here so that it is dropped, and the workers end, however this closure is left.
        let (tickets, arrived) = (tickets, arrived);
        let window = (workers * CHUNKS_PER_WORKER) as u64;
        for index in 0..chunks.min(window) {
            tickets.send(index).expect("the receiver outlives this scope");
        }
        let mut waiting = std::collections::BTreeMap::new();
        for next in 0..chunks {
            let result = loop {
                if let Some(result) = waiting.remove(&next) {
                    break result;
                }
                let (index, result) = arrived.recv().expect("workers live while tickets can come");
                waiting.insert(index, result);
            };
            match result {
                Ok(value) => absorb(range(next), value)?,
                Err(panic) => resume_unwind(panic),
            }
            if next + window < chunks {
                tickets.send(next + window).expect("the receiver outlives this scope");
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    fn pool(threads: usize) -> ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
    }

    #[test]
    fn chunks_come_out_in_order_and_cover_everything_once() {
        for threads in [1, 3, 8] {
            let mut seen = Vec::new();
            let work = |range: Range<u64>| {
                // Later chunks finish earlier.
                std::thread::sleep(std::time::Duration::from_micros(200 - range.start.min(200)));
                range.collect::<Vec<_>>()
            };
            pump(&pool(threads), 103, 10, work, |_, part| {
                seen.extend(part);
                Ok::<_, ()>(())
            })
            .unwrap();
            assert_eq!(seen, (0..103).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_error_of_a_sink_ends_the_run_and_frees_the_workers() {
        let outcome =
            pump(&pool(2), 1_000_000, 1, |range| range.start, |_, start| if start < 5 { Ok(()) } else { Err("full") });
        assert_eq!(outcome, Err("full"));
    }

    #[test]
    fn no_more_chunks_are_under_way_than_the_window_holds() {
        let (begun, absorbed, most) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        let work = |_: Range<u64>| {
            let open = begun.fetch_add(1, Ordering::SeqCst) + 1 - absorbed.load(Ordering::SeqCst);
            most.fetch_max(open, Ordering::SeqCst);
        };
        pump(&pool(2), 200, 1, work, |_, ()| {
            absorbed.fetch_add(1, Ordering::SeqCst);
            Ok::<_, ()>(())
        })
        .unwrap();
        // One more than the window: a ticket may be drawn between an absorption and its count.
        assert!(most.load(Ordering::SeqCst) <= 2 * CHUNKS_PER_WORKER as u64 + 1, "{most:?}");
    }

    #[test]
    #[should_panic(expected = "worker down")]
    fn a_panic_of_a_worker_is_passed_on() {
        let _ = pump(&pool(2), 4, 1, |range| assert!(range.start != 2, "worker down"), |_, ()| Ok::<_, ()>(()));
    }
}
