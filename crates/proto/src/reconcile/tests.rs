//! What reconciliation finds, what it costs, and what those cannot do to it who make up items.

use std::collections::BTreeSet;

use effigy_core::Cid;

use super::*;

/// Hashes that nobody chose.
fn hashes(from: u32, to: u32) -> Vec<Cid> {
    (from..to).map(|number| Cid::of(&number.to_be_bytes())).collect()
}

fn set(hashes: &[Cid]) -> Items<()> {
    let mut items = Items::default();
    hashes.iter().for_each(|hash| items.insert(*hash, ()));
    items
}

/// How many symbols it takes to find this difference.
fn needed(difference: &[Cid]) -> usize {
    let most = difference.len() * 4 + 30;
    let symbols = set(difference).symbols(most);
    let nothing = vec![Symbol::default(); most];
    (difference.len()..=most).find(|n| peel(&symbols[..*n], &nothing[..*n]).is_some()).unwrap()
}

#[test]
fn places_ascend_begin_at_the_first_and_thin_out_as_they_should() {
    let mut hits = vec![0_u32; 1_000];
    let count = 20_000;
    for hash in hashes(0, count) {
        let places: Vec<usize> = Places::of(short(&hash)).collect();
        assert_eq!(places[0], 0);
        assert!(places.is_sorted_by(|a, b| a < b) && *places.last().unwrap() < SYMBOLS);
        places.into_iter().take_while(|at| *at < 1_000).for_each(|at| hits[at] += 1);
    }
    for at in [1, 2, 5, 26, 100, 500] {
        let expected = f64::from(count) * 2.0 / (at as f64 + 2.0);
        let found = f64::from(hits[at]);
        assert!((found - expected).abs() < 5.0 * expected.sqrt(), "{at}: {found} not {expected}");
    }
}

#[test]
fn short_names_at_the_ends_of_their_range_have_places() {
    for short in [0, 1, u64::MAX, 1 << 63] {
        assert!(Places::of(short).count() < 64);
    }
}

#[test]
fn the_row_that_is_needed_follows_the_difference() {
    let mut runs = Vec::new();
    for run in 0..200 {
        runs.push(needed(&hashes(run * 10, run * 10 + 10)));
    }
    runs.sort_unstable();
    let fit = runs.iter().filter(|needed| **needed <= 26).count();
    assert!(fit >= 180, "ten differences fit 26 symbols {fit} times of 200");
    for (difference, most) in [(1, 1), (100, 200), (400, 700)] {
        let needed = needed(&hashes(5_000, 5_000 + difference));
        assert!(needed <= most, "{difference} take {needed}");
    }
}

#[test]
fn what_both_have_costs_nothing() {
    let (mut one, mut other) = (set(&hashes(0, 50_000)), set(&hashes(7, 50_003)));
    let difference = peel(&one.symbols(40), &other.symbols(40)).unwrap();
    let expected = hashes(0, 7).into_iter().chain(hashes(50_000, 50_003));
    assert_eq!(difference, expected.map(|hash| short(&hash)).collect());
}

#[test]
fn a_longer_row_begins_like_a_shorter_one() {
    let mut items = set(&hashes(0, 3_000));
    assert_eq!(items.symbols(2_000)[..200], items.symbols(200)[..]);
}

/// Whoever asks for a long row has it made once: it is kept up to date like the shorter one.
#[test]
fn a_long_row_is_kept_when_it_was_asked_for_once() {
    let mut items = set(&hashes(0, 300));
    items.symbols(5_000);
    hashes(300, 400).into_iter().for_each(|hash| items.insert(hash, ()));
    hashes(0, 50).iter().for_each(|hash| items.remove(hash));
    assert_eq!(items.symbols(8_000), set(&hashes(50, 400)).symbols(8_000));
    assert_eq!(items.symbols(usize::MAX).len(), SYMBOLS);
}

/// From the first row on: a few more where few differ, and few rounds where many do.
#[test]
fn the_next_row_follows_how_full_the_one_before_was() {
    for (differing, most) in [(20_u32, 2), (100, 3), (1_000, 5), (8_000, 6)] {
        let mut one = set(&hashes(0, differing));
        let mut length = first_symbols(0);
        let mut rounds = 1;
        while peel(&one.symbols(length), &vec![Symbol::default(); length]).is_none() {
            let next = next_symbols(&one.symbols(length), &vec![Symbol::default(); length]);
            assert!(next >= length * 2);
            (length, rounds) = (next, rounds + 1);
        }
        assert!(rounds <= most, "{differing}: {rounds}");
        assert!(length <= (differing as usize) * 7, "{differing}: {length}");
    }
}

#[test]
fn what_comes_and_goes_leaves_no_trace() {
    let mut items = set(&hashes(0, 100));
    let (symbols, root) = (items.symbols(300), items.root());
    for hash in hashes(100, 200) {
        items.insert(hash, ());
        items.insert(hash, ());
    }
    assert_ne!(items.root(), root);
    for hash in hashes(100, 300) {
        items.remove(&hash);
    }
    assert_eq!((items.symbols(300), items.root(), items.len()), (symbols, root, 100));
}

#[test]
fn the_root_is_the_same_however_the_set_came_about() {
    let (mut one, mut other) = (set(&hashes(0, 500)), Items::default());
    for hash in hashes(0, 500).into_iter().rev() {
        other.insert(hash, ());
    }
    assert_eq!(one.root(), other.root());
    let more: BTreeSet<Cid> = hashes(500, 530).into_iter().collect();
    let less: BTreeSet<Cid> = hashes(0, 20).into_iter().collect();
    assert_eq!(one.root_with(&more, &less), set(&hashes(20, 530)).root());
    assert_eq!(one.root(), other.root(), "nothing was changed by asking");
}

#[test]
fn two_items_of_one_short_name_hide_and_the_root_shows_it() {
    let twin = |last: u8| {
        let mut digest = [9; 32];
        digest[31] = last;
        Cid::from_digest(digest)
    };
    let common = hashes(0, 50);
    let (mut one, mut other) = (set(&common), set(&common));
    one.insert(twin(1), ());
    other.insert(twin(2), ());
    assert_eq!(peel(&one.symbols(26), &other.symbols(26)), Some(BTreeSet::new()));
    assert_ne!(one.root(), other.root());
}

#[test]
fn symbols_read_back_and_any_bytes_are_one() {
    let mut symbol = Symbol::default();
    symbol.toggle(0x0123_4567_89ab_cdef);
    assert_eq!(Symbol::from_bytes(&symbol.to_bytes()), symbol);
    assert_eq!(symbol.only(0), Some(0x0123_4567_89ab_cdef));
    assert_eq!(Symbol::from_bytes(&[0; 11]), Symbol::default());
    let any = [0xff; 11];
    assert_eq!(Symbol::from_bytes(&any).to_bytes(), any);
}

/// Somebody who makes up symbols gains nothing but a refusal: each makes the taking apart stop.
#[test]
fn made_up_symbols_are_refused_and_never_go_round() {
    let nothing = vec![Symbol::default(); 64];
    let mut same = Symbol::default();
    same.toggle(77);
    assert_eq!(peel(&vec![same; 64], &nothing), None, "one item everywhere");
    for seed in 0..200_u32 {
        let made_up: Vec<Symbol> = (0..64_u32)
            .map(|n| {
                let hash = Cid::of(&[seed.to_be_bytes(), n.to_be_bytes()].concat());
                Symbol::from_bytes(hash.digest()[..11].try_into().unwrap())
            })
            .collect();
        assert_eq!(peel(&made_up, &nothing), None);
    }
    // Each symbol a sound item by itself, of which the others know nothing.
    let lone: Vec<Symbol> = (0..64_u64)
        .map(|place| {
            let stands = |short: &u64| Places::of(*short).any(|at| at == place as usize);
            let mut symbol = Symbol::default();
            symbol.toggle((1 + place * 1_000_000..).find(stands).unwrap());
            symbol
        })
        .collect();
    assert_eq!(peel(&lone, &nothing), None);
}
