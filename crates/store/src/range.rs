//! A run of keys of one table.

use std::ops::Bound;

use crate::Table;

/// Which records a scan lists, and in which direction.
///
/// Without [`Range::limited`] the answer is as large as what is there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Range {
    /// The table.
    pub table: Table,
    /// Where the range begins, in the order of the keys' bytes.
    pub start: Bound<Vec<u8>>,
    /// Where the range ends.
    pub end: Bound<Vec<u8>>,
    /// The most records to list; `usize::MAX` for all.
    pub limit: usize,
    /// Whether to list from the end towards the start. The limit then keeps the last records.
    pub reverse: bool,
}

impl Range {
    /// Every record of a table.
    pub fn all(table: Table) -> Self {
        Self {
            table,
            start: Bound::Unbounded,
            end: Bound::Unbounded,
            limit: usize::MAX,
            reverse: false,
        }
    }

    /// The records whose keys begin with these bytes.
    pub fn prefix(table: Table, bytes: impl Into<Vec<u8>>) -> Self {
        let start = bytes.into();
        let end = after_prefix(&start).map_or(Bound::Unbounded, Bound::Excluded);
        Self { start: Bound::Included(start), end, ..Self::all(table) }
    }

    /// The records from one key, itself included, up to another, itself left out.
    pub fn between(table: Table, start: impl Into<Vec<u8>>, end: impl Into<Vec<u8>>) -> Self {
        let (start, end) = (Bound::Included(start.into()), Bound::Excluded(end.into()));
        Self { start, end, ..Self::all(table) }
    }

    /// The same range, listing at most so many records.
    #[must_use]
    pub fn limited(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// The same range, listed from its end.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { reverse: true, ..self }
    }

    /// Whether nothing can be in the range, whatever the table holds.
    ///
    /// Adapters answer such a scan themselves: ordered maps and IndexedDB refuse a range that ends
    /// before it starts.
    pub fn is_empty(&self) -> bool {
        let backwards = match (&self.start, &self.end) {
            (Bound::Included(start), Bound::Included(end)) => start > end,
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
            (
                Bound::Included(start) | Bound::Excluded(start),
                Bound::Included(end) | Bound::Excluded(end),
            ) => start >= end,
        };
        backwards || self.limit == 0
    }
}

/// The first key behind all keys that begin with these bytes; `None` when there is no such key.
fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte < u8::MAX)?;
    let mut end = prefix.get(..=last)?.to_vec();
    if let Some(byte) = end.last_mut() {
        *byte += 1;
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_where_its_last_byte_can_still_grow() {
        assert_eq!(after_prefix(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(after_prefix(&[1, 255, 255]), Some(vec![2]));
        assert_eq!(after_prefix(&[255, 255]), None);
        assert_eq!(after_prefix(&[]), None);
    }

    #[test]
    fn a_range_knows_when_it_is_empty() {
        let range = |start, end| Range { start, end, ..Range::all(Table::Meta) };
        let (one, two) = (vec![1], vec![2]);
        assert!(Range::between(Table::Meta, [2], [1]).is_empty());
        assert!(Range::between(Table::Meta, [1], [1]).is_empty());
        assert!(range(Bound::Excluded(one.clone()), Bound::Excluded(one.clone())).is_empty());
        assert!(range(Bound::Included(two), Bound::Included(one.clone())).is_empty());
        assert!(!range(Bound::Included(one.clone()), Bound::Included(one)).is_empty());
        assert!(!Range::all(Table::Meta).is_empty());
        assert!(Range::all(Table::Meta).limited(0).is_empty());
    }
}
