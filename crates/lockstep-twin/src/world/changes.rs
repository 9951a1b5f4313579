//! What has changed since somebody last wrote it down; nothing is noted while nobody does.

/// Changes since they were last taken.
#[derive(Debug)]
pub(super) struct Changes<T>(Option<Vec<T>>);

impl<T> Default for Changes<T> {
    /// Nothing is noted.
    fn default() -> Self {
        Self(None)
    }
}

impl<T: PartialEq> Changes<T> {
    /// Notes changes from now on.
    pub(super) fn watch(&mut self) {
        self.0 = Some(Vec::new());
    }

    /// Notes a change; the same one twice in a row is one.
    pub(super) fn note(&mut self, change: impl FnOnce() -> T) {
        if let Some(noted) = &mut self.0 {
            let change = change();
            if noted.last() != Some(&change) {
                noted.push(change);
            }
        }
    }

    /// What was noted since this was last asked.
    pub(super) fn take(&mut self) -> Vec<T> {
        self.0.as_mut().map(std::mem::take).unwrap_or_default()
    }
}
