//! A stack of known size for what recurses over a query. How deep a query may nest is bounded, but the caller's stack may be too small even for that.

use std::panic::resume_unwind;
use std::thread::{Builder, ScopedJoinHandle, scope};

/// Room for the deepest query that the parser lets through, in an unoptimised build, several times over. Only what is used is ever touched.
const SIZE: usize = 64 << 20;

/// Does the work on a stack of its own; on the caller's where no thread can be had.
pub(crate) fn on_own_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let mut work = Some(work);
    let done = scope(|threads| {
        let work = &mut work;
        let spawned = Builder::new()
            .name("kql".to_owned())
            .stack_size(SIZE)
            .spawn_scoped(threads, || work.take().map(|work| work()));
        match spawned.map(ScopedJoinHandle::join) {
            Ok(Ok(done)) => done,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => None,
        }
    });
    done.or_else(|| work.map(|work| work())).expect("work that was not taken is still here")
}
