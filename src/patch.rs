//! A member's change as splices over its original bytes. Pure data: it knows neither formats nor files.

use std::ops::Range;

/// Bytes that take the place of a range of the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// What is replaced, in bytes from the start of the member's data.
    pub range: Range<usize>,
    /// What stands there instead; of any length.
    pub bytes: Vec<u8>,
}

/// Splices in ascending order that do not overlap. The empty patch changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    splices: Vec<Splice>,
}

impl Patch {
    /// Replaces `range`, which must begin at or after the end of the one before.
    ///
    /// # Panics
    /// When it does not: a defect in the format's editor.
    pub fn replace(&mut self, range: Range<usize>, bytes: Vec<u8>) {
        let end = self.splices.last().map_or(0, |last| last.range.end);
        assert!(end <= range.start && range.start <= range.end, "splices are out of order");
        self.splices.push(Splice { range, bytes });
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.splices.is_empty()
    }

    /// The splices, in order.
    pub fn splices(&self) -> &[Splice] {
        &self.splices
    }

    /// Whether each splice is as long as what it replaces.
    pub fn keeps_size(&self) -> bool {
        self.splices.iter().all(|splice| splice.range.len() == splice.bytes.len())
    }

    /// How long data of this length is when it is patched.
    pub fn patched_len(&self, original: usize) -> usize {
        let changed = |len: usize, splice: &Splice| len - splice.range.len() + splice.bytes.len();
        self.splices.iter().fold(original, changed)
    }

    /// The patched data as a sequence of slices, of the original and of the splices.
    pub fn parts<'a>(&'a self, original: &'a [u8]) -> Vec<&'a [u8]> {
        let mut parts = Vec::with_capacity(2 * self.splices.len() + 1);
        let mut position = 0;
        for splice in &self.splices {
            parts.push(&original[position..splice.range.start]);
            parts.push(&splice.bytes);
            position = splice.range.end;
        }
        parts.push(&original[position..]);
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splices_grow_shrink_and_insert() {
        let mut patch = Patch::default();
        patch.replace(1..3, b"XYZ".to_vec());
        patch.replace(3..3, b"-".to_vec());
        patch.replace(5..6, Vec::new());
        assert_eq!(patch.parts(b"abcdef").concat(), b"aXYZ-de");
        assert_eq!(patch.patched_len(6), 7);
        assert_eq!(Patch::default().parts(b"abc").concat(), b"abc");
    }
}
