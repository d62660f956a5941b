//! Where results go: rows, summaries, tables. Sinks digest a chunk on the worker that made it (in parallel) and absorb
//! the digests in order of subjects, so that what they write or sum is the same for any number of threads. Both go through
//! a shared reference, because chunks are digested while others are absorbed: what `absorb` changes stands behind a lock
//! that only it takes.

use std::any::Any;

use super::result::Simulated;

/// A consumer of results.
pub trait Sink: Sync {
    /// What a worker makes of one chunk: formatted bytes, partial sums.
    type Digest: Send + 'static;

    /// Called in parallel, once per chunk. A chunk is the subjects of a range, each in all arms:
    /// subject by subject, arm by arm within a subject.
    fn digest(&self, chunk: &[Simulated]) -> Self::Digest;

    /// Called in order of chunks, from one thread.
    ///
    /// # Errors
    /// Where the result could not be written.
    fn absorb(&self, digest: Self::Digest) -> std::io::Result<()>;
}

/// A [`Sink`] of any digest type, so that a run can feed a list of them.
pub trait AnySink: Sync {
    /// See [`Sink::digest`].
    fn digest_any(&self, chunk: &[Simulated]) -> Box<dyn Any + Send>;

    /// See [`Sink::absorb`].
    ///
    /// # Errors
    /// Where the result could not be written.
    fn absorb_any(&self, digest: Box<dyn Any + Send>) -> std::io::Result<()>;
}

impl<S: Sink> AnySink for S {
    fn digest_any(&self, chunk: &[Simulated]) -> Box<dyn Any + Send> {
        Box::new(self.digest(chunk))
    }

    fn absorb_any(&self, digest: Box<dyn Any + Send>) -> std::io::Result<()> {
        let digest = digest.downcast::<S::Digest>().expect("a sink gets back the digests that it made itself");
        self.absorb(*digest)
    }
}
