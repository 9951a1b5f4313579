//! `parse` and `parse-where`.

use super::{Rows, Run};
use crate::error::Error;
use crate::plan::Parse;

impl Run<'_> {
    pub(super) fn parse(&self, _rows: &Rows, parse: &Parse) -> Result<Rows, Error> {
        Err(Error::unsupported("parse", parse.value.span))
    }
}
