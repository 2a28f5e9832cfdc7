//! Placeholder.
use super::CoffObject;
use super::edit::Draft;
use super::layout::Layout;
use crate::error::Result;
use crate::object::symbol::{ObjectEdits, Suffixes};
impl<Coff: Layout> CoffObject<'_, Coff> {
    pub(super) fn rewrite_directives(&self, _: &ObjectEdits, _: &Suffixes, _: &mut Draft) -> Result<()> {
        Ok(())
    }
}
