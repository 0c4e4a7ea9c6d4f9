//! Shares: what is of no use is refused by name, and a false one does no harm. That any that are enough
//! give the account is a property: `tests/properties/share.rs`.

use super::*;

fn words(seed: u8) -> Words {
    Words::from_entropy(&[seed; 16]).unwrap()
}

fn set(seed: u8, need: u8, of: u8) -> Vec<Share> {
    let mut random = Random::seeded([seed; 32]);
    divide(&words(seed), need, of, Time(1_763_632_800_000), &mut random).unwrap()
}

fn gathering() -> (Gathering, Random) {
    let mut random = Random::seeded([77; 32]);
    (Gathering::begin(&mut random).unwrap(), random)
}

/// What fewer than are needed say is the same for every secret: each value is as likely.
#[test]
fn too_few_tell_nothing() {
    let mut seen = [[0_u32; 256]; 2];
    for (secret, seen) in [0_u8, 255].into_iter().zip(&mut seen) {
        let words = Words::from_entropy(&[secret; 16]).unwrap();
        let mut random = Random::seeded([secret; 32]);
        for _ in 0..2_000 {
            let shares = divide(&words, 2, 3, Time(1), &mut random).unwrap();
            shares[0].value.iter().for_each(|byte| seen[usize::from(*byte)] += 1);
        }
    }
    // 32,000 bytes in 256 places: 125 each, with a deviation of 11.
    for count in seen.iter().flatten() {
        assert!((60..=190).contains(count), "{count}");
    }
}

#[test]
fn each_mistake_has_its_name_and_changes_nothing() {
    let (mut gathering, mut random) = gathering();
    let ana = set(1, 2, 3);
    let give = |share: &Share, random: &mut Random| share.give(&gathering.plea(), random).unwrap();
    let [first, again, other_account, other_set] =
        [&ana[0], &ana[0], &set(2, 2, 3)[1], &set(1, 3, 3)[1]]
            .map(|share| give(share, &mut random));
    assert_eq!(gathering.take(&format!(" {first}\n")), Ok(()));
    let here = gathering.to_bytes();
    let stranger = Gathering::begin(&mut random).unwrap();
    let not_for_us = ana[1].give(&stranger.plea(), &mut random).unwrap();
    let kept = ana[1].seal(gathering.plea().key(), For::Keeping, &mut random).unwrap();
    for (text, why) in [
        (again.as_str(), ShareError::Twice),
        (&other_account, ShareError::OtherAccount),
        (&other_set, ShareError::OtherSet),
        (&not_for_us, ShareError::Sealed),
        (&to_text(SCHEME, &kept), ShareError::Sealed),
        (&first[..first.len() - 1], ShareError::Damaged),
        (&first.replacen('A', "B", 1), ShareError::Damaged),
        ("effigy-share:", ShareError::Damaged),
        ("effigy-help:AQ", ShareError::Foreign),
        ("effigy:AQEB", ShareError::Foreign),
        (&format!("{SCHEME}{}", "A".repeat(600)), ShareError::Foreign),
    ] {
        assert_eq!(gathering.take(text), Err(why), "{text}");
        assert_eq!(gathering.to_bytes(), here, "{text}");
    }
    assert_eq!(gathering.words(), Err(ShareError::TooFew));
    for (need, of) in [(1, 3), (4, 3), (2, 2), (2, 11), (0, 0)] {
        let divided = divide(&words(1), need, of, Time(1), &mut random);
        assert_eq!(divided, Err(ShareError::Count), "{need} of {of}");
    }
}

#[test]
fn a_false_share_does_no_harm_where_there_are_enough_others() {
    let (mut gathering, mut random) = gathering();
    let ana = set(1, 2, 3);
    let forged = |byte: u8| {
        let mut forged = ana[0].clone();
        forged.value[3] ^= byte;
        forged
    };
    for (share, found, false_ones) in [
        (&forged(1), Err(ShareError::TooFew), vec![]),
        (&ana[1], Err(ShareError::Wrong), vec![]),
        (&ana[2], Ok(words(1)), vec![0]),
        (&forged(2), Ok(words(1)), vec![0, 3]),
        // The one in whose place the false ones are is no less welcome.
        (&ana[0], Ok(words(1)), vec![0, 3]),
    ] {
        let text = share.give(&gathering.plea(), &mut random).unwrap();
        assert_eq!(gathering.take(&text), Ok(()));
        assert_eq!((gathering.words(), gathering.false_ones()), (found, false_ones));
    }
    assert_eq!((gathering.shares().len(), gathering.count()), (5, 3));
    assert_eq!(Gathering::from_bytes(&gathering.to_bytes()).unwrap().shares(), gathering.shares());
    gathering.clear();
    assert_eq!(gathering.words(), Err(ShareError::TooFew));
}

/// Whoever hands over one false share after the other neither fills the memory nor takes the time of who
/// comes back.
#[test]
fn so_many_shares_are_gathered_and_no_more() {
    let (mut gathering, mut random) = gathering();
    let ana = set(1, 5, 10);
    let mut give = |gathering: &mut Gathering, byte: u8| {
        let mut share = ana[0].clone();
        share.value[3] ^= byte;
        let text = share.give(&gathering.plea(), &mut random).unwrap();
        gathering.take(&text)
    };
    for byte in 0..12 {
        assert_eq!(give(&mut gathering, byte), Ok(()));
    }
    assert_eq!(give(&mut gathering, 12), Err(ShareError::TooMany));
    assert_eq!((gathering.words(), gathering.count()), (Err(ShareError::TooFew), 1));
}

#[test]
fn a_plea_reads_back_and_shows_the_same_on_both_sides() {
    let (gathering, _) = gathering();
    let plea = gathering.plea();
    let text = plea.to_text();
    assert_eq!(Plea::parse(&format!(" {text} ")), Ok(plea));
    assert_eq!(Plea::parse(&text).unwrap().check(), plea.check());
    for at in SCHEME.len()..text.len() {
        let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
        let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
        assert_eq!(Plea::parse(&changed), Err(ShareError::Damaged), "the letter at {at}");
    }
    assert_eq!(format!("{gathering:?} {plea:?}"), "Gathering(0 shares, ..) Plea(..)");
}

#[test]
fn a_share_prints_nothing_of_its_value() {
    let share = &set(1, 2, 3)[0];
    let value = format!("{:?}", share.value.as_slice());
    assert!(!format!("{share:?}").contains(&value[1..value.len() - 1]));
}
