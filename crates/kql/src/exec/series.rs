//! `make-series`.

use super::{Rows, Run};
use crate::error::Error;
use crate::plan::MakeSeries;

impl Run<'_> {
    pub(super) fn make_series(&self, series: &MakeSeries, _input: Option<&Rows>) -> Result<Rows, Error> {
        Err(Error::unsupported("make-series", series.axis.span))
    }
}
