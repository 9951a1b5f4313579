//! `evaluate`: plugins whose columns depend on rows, which are looked at while binding.

use super::{Binder, Bound};
use crate::error::Error;
use crate::plan::Relation;
use crate::span::Span;
use crate::syntax::{Call, PluginSchema};

impl Binder<'_> {
    pub(super) fn plugin(
        &mut self,
        _input: Relation,
        plugin: &Call,
        _schema: Option<&PluginSchema>,
        _span: Span,
    ) -> Bound<Relation> {
        Err(self.note(Error::unsupported(format!("The plugin '{}'", plugin.name.text), plugin.name.span)))
    }
}
