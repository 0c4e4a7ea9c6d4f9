//! Shares: as many as are needed give the account, whichever they are, and one fewer does not.

use effigy_core::Time;
use effigy_core::mnemonic::Words;
use effigy_core::random::Random;
use effigy_core::share::{Gathering, Plea, ShareError, divide};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::cases;

proptest! {
    #![proptest_config(cases(64))]

    /// Any that are enough bring the words back, in any order; one fewer does not.
    #[test]
    fn enough_are_enough_and_one_fewer_is_not(
        entropy in prop_oneof![vec(any::<u8>(), 16), vec(any::<u8>(), 32)],
        seed in any::<[u8; 32]>(),
        (of, need) in (3..=10_u8).prop_flat_map(|of| (Just(of), 2..=of)),
        order in any::<u64>(),
    ) {
        let words = Words::from_entropy(&entropy).unwrap();
        let mut random = Random::seeded(seed);
        let mut shares = divide(&words, need, of, Time(7), &mut random).unwrap();
        prop_assert_eq!(shares.len(), usize::from(of));
        let mut shuffle = Random::seeded([u8::try_from(order & 255).unwrap(); 32]);
        shares.sort_by_key(|_| shuffle.below(u64::MAX));
        let mut gathering = Gathering::begin(&mut random).unwrap();
        for (here, share) in shares.iter().enumerate() {
            let found = gathering.words();
            if here < usize::from(need) {
                prop_assert_eq!(found, Err(ShareError::TooFew));
            } else {
                prop_assert_eq!(found.unwrap().entropy(), words.entropy());
            }
            let text = share.give(&gathering.plea(), &mut random).unwrap();
            prop_assert_eq!(gathering.take(&text), Ok(()));
            let again = Gathering::from_bytes(&gathering.to_bytes()).unwrap();
            prop_assert_eq!(again.shares(), gathering.shares());
            prop_assert_eq!(again.plea(), gathering.plea());
        }
        prop_assert_eq!(gathering.words().unwrap().entropy(), words.entropy());
    }

    /// Whatever somebody pastes, nothing breaks and nothing changes.
    #[test]
    fn nothing_else_is_taken(text in "(effigy-share:|effigy-help:)?[A-Za-z0-9_-]{0,200}", bytes in any::<Vec<u8>>()) {
        let mut gathering = Gathering::begin(&mut Random::seeded([77; 32])).unwrap();
        prop_assert!(gathering.take(&text).is_err() && gathering.shares().is_empty());
        prop_assert!(Plea::parse(&text).is_err());
        prop_assert!(Gathering::from_bytes(&bytes).is_err());
    }
}
