//! Memory for what has to be kept of bodies: one budget for the whole process.
//!
//! Most of what goes through the service is never kept. What is – a part of an upload whose length
//! nobody told, or one that shall be sent again if S3 fails – is taken from here, and given back
//! when the last reference to it is gone.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// For all requests together; what a 64 MB instance has left.
const BUDGET: usize = 24 << 20;
/// How long somebody who can't do without waits for his turn.
const PATIENCE: Duration = Duration::from_secs(20);

/// Hands out memory as long as there is any.
#[derive(Debug, Clone)]
pub(in crate::catalog) struct Budget(Arc<Semaphore>);

/// Bytes that were kept, up to the size that was asked for.
#[derive(Debug)]
pub(in crate::catalog) struct Kept {
    bytes: Vec<u8>,
    size: usize,
    /// Gives the memory back.
    _reserved: OwnedSemaphorePermit,
}

impl Budget {
    pub(in crate::catalog) fn new() -> Self {
        Self(Arc::new(Semaphore::new(BUDGET)))
    }

    /// Room for so many bytes, if there is some right now.
    pub(in crate::catalog) fn try_keep(&self, size: usize) -> Option<Kept> {
        let asked = u32::try_from(size).ok()?;
        let reserved = Arc::clone(&self.0).try_acquire_many_owned(asked).ok()?;
        Some(Kept::new(size, reserved))
    }

    /// Room for so many bytes, as soon as there is some; `None` if it takes too long.
    pub(in crate::catalog) async fn keep(&self, size: usize) -> Option<Kept> {
        let asked = u32::try_from(size).ok().filter(|_| size <= BUDGET)?;
        let reserved = Arc::clone(&self.0).acquire_many_owned(asked);
        let reserved = timeout(PATIENCE, reserved).await.ok()?.ok()?;
        Some(Kept::new(size, reserved))
    }
}

impl Kept {
    fn new(size: usize, reserved: OwnedSemaphorePermit) -> Self {
        Self {
            bytes: Vec::with_capacity(size),
            size,
            _reserved: reserved,
        }
    }

    /// How many bytes still fit.
    pub(in crate::catalog) fn left(&self) -> usize {
        self.size - self.bytes.len()
    }

    /// Copies these bytes, which have to fit.
    pub(in crate::catalog) fn add(&mut self, bytes: &[u8]) {
        debug_assert!(bytes.len() <= self.left(), "more than was asked for");
        self.bytes.extend_from_slice(bytes);
    }

    /// What was kept, to be shared; the memory is given back with the last clone.
    pub(in crate::catalog) fn share(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::{BUDGET, Budget};

    #[tokio::test(start_paused = true)]
    async fn memory_comes_back_with_the_last_clone() {
        let budget = Budget::new();
        let mut kept = budget.try_keep(BUDGET).unwrap();
        assert!(budget.try_keep(1).is_none());
        assert!(budget.keep(1).await.is_none());
        kept.add(b"abc");
        assert_eq!(kept.left(), BUDGET - 3);
        let shared = kept.share();
        let clone = shared.clone();
        drop(shared);
        assert!(budget.try_keep(1).is_none());
        assert_eq!(&clone[..], b"abc");
        drop(clone);
        assert!(budget.keep(BUDGET).await.is_some());
        assert!(budget.keep(BUDGET + 1).await.is_none());
    }
}
