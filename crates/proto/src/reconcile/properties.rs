//! Any two sets, in any order: exactly their difference, or none.
#![allow(clippy::unwrap_used, reason = "clippy's allowance for tests does not reach into macros")]

use std::collections::BTreeSet;

use effigy_core::Cid;
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::*;

fn numbers() -> impl Strategy<Value = BTreeSet<u16>> {
    btree_set(any::<u16>(), 0..120)
}

fn hash(number: u16) -> Cid {
    Cid::of(&number.to_be_bytes())
}

fn items(numbers: impl IntoIterator<Item = u16>) -> Items<u16> {
    let mut items = Items::default();
    numbers.into_iter().for_each(|number| items.insert(hash(number), number));
    items
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn exactly_the_difference(common in numbers(), one in numbers(), other in numbers(), seed in any::<u64>()) {
        let left: BTreeSet<u16> = common.union(&one).copied().collect();
        let right: BTreeSet<u16> = common.union(&other).copied().collect();
        let mut order: Vec<u16> = left.iter().copied().collect();
        order.sort_by_key(|number| stir(u64::from(*number) ^ seed));
        let (mut left_items, mut right_items) = (items(order), items(right.clone()));
        let expected: BTreeSet<u64> =
            left.symmetric_difference(&right).map(|number| short(&hash(*number))).collect();
        let most = expected.len() * 4 + 30;
        let (a, b) = (left_items.symbols(most), right_items.symbols(most));
        // However few symbols there are: never anything but the difference.
        for length in [0, 1, 2, most / 4, most / 2, most] {
            let found = peel(&a[..length], &b[..length]);
            prop_assert!(found.is_none() || found == Some(expected.clone()) || length == 0);
        }
        let found = peel(&a, &b).unwrap();
        prop_assert_eq!(&found, &expected);
        // With what only the other has, and without what only this one has, it is the other.
        let found = found.iter();
        let less: BTreeSet<Cid> =
            found.filter_map(|short| left_items.find(*short)).map(|(hash, _)| *hash).collect();
        let more: BTreeSet<Cid> = right.difference(&left).map(|number| hash(*number)).collect();
        prop_assert_eq!(left_items.root_with(&more, &less), right_items.root());
    }

    #[test]
    fn any_symbols_end(bytes in vec(any::<[u8; 11]>(), 0..100), other in numbers()) {
        let symbols: Vec<Symbol> = bytes.iter().map(Symbol::from_bytes).collect();
        if let Some(found) = peel(&symbols, &items(other).symbols(symbols.len())) {
            prop_assert!(found.len() <= symbols.len());
        }
    }

    #[test]
    fn additions_and_removals_in_any_order_are_the_set(steps in vec((any::<bool>(), 0_u16..60), 0..200)) {
        let (mut items, mut numbers) = (items([]), BTreeSet::new());
        for (add, number) in steps {
            if add {
                items.insert(hash(number), number);
                numbers.insert(number);
            } else {
                items.remove(&hash(number));
                numbers.remove(&number);
            }
        }
        let mut anew = properties::items(numbers);
        prop_assert_eq!(items.symbols(300), anew.symbols(300));
        prop_assert_eq!(items.root(), anew.root());
    }
}
