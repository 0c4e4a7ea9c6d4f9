//! What it costs two who have many heads in common to find in which they differ: our sketch, negentropy,
//! and a full list, on the same sets, in turns.
//!
//! `reconnect [sizes, 1000,100000]` prints one JSON array. Bytes are those of the real messages.

#![expect(clippy::print_stdout, reason = "a benchmark talks to who started it")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

use std::collections::BTreeSet;
use std::time::Instant;

use effigy_bench::BenchError;
use effigy_core::{Cid, Identity};
use effigy_proto::reconcile::{Items, first_symbols, next_symbols, peel, short};
use effigy_proto::{Frame, LIST, Message, Summary, WireHead};
use negentropy::{Id, Negentropy, NegentropyStorageVector};
use serde_json::{Value, json};

const DIFFERENCES: [u64; 4] = [0, 1, 10, 1_000];
/// Each is measured so often; the median counts.
const ROUNDS: usize = 3;

/// How two differ.
#[derive(Clone, Copy)]
enum Kind {
    /// One has heads of which the other knows nothing, scattered among those that both have.
    Missing,
    /// Both have all feeds, and in some of them one is further: most of all reconnections are so.
    Moved,
}

/// What one way of finding out costs.
#[derive(Clone, Copy, Default)]
struct Cost {
    bytes: usize,
    messages: usize,
    milliseconds: f64,
}

impl Cost {
    fn say(&mut self, message: &Message) {
        self.messages += 1;
        self.bytes += length(message);
    }

    fn json(self) -> Value {
        json!({ "bytes": self.bytes, "messages": self.messages, "ms": self.milliseconds })
    }
}

/// What both are about: heads with the clocks of their newest entries. Ana has all that is newest.
struct Pair {
    ana: Vec<(u64, Cid)>,
    ben: Vec<(u64, Cid)>,
}

fn main() -> Result<(), BenchError> {
    let sizes = std::env::args().nth(1).unwrap_or_else(|| "1000,100000,1000000".to_owned());
    let mut found = Vec::new();
    for size in sizes.split(',') {
        let size = size.parse().map_err(|_| BenchError::Usage("reconnect [1000,100000]"))?;
        for (kind, name) in [(Kind::Missing, "missing"), (Kind::Moved, "moved on")] {
            // Who has nothing in common has nothing to compare.
            for differing in DIFFERENCES.into_iter().filter(|differing| *differing < size) {
                let pair = pair(size, differing, kind);
                found.push(json!({
                    "heads": size,
                    "differing": differing,
                    "how": name,
                    "sketch": sketch(&pair)?.json(),
                    "negentropy": by_negentropy(&pair)?.json(),
                    "list": list(size, differing),
                }));
            }
        }
    }
    println!("{}", Value::from(found));
    Ok(())
}

fn pair(size: u64, differing: u64, kind: Kind) -> Pair {
    let every = size.checked_div(differing).unwrap_or(u64::MAX);
    let is_other = |n: &u64| n % every == every / 2 && differing > 0;
    let head = |n: u64, version: u8| Cid::of(&[&n.to_be_bytes()[..], &[version]].concat());
    let clock = |n: u64| 1_763_632_800_000 + n * 30_000;
    let all = || (0..size).map(|n| (clock(n), head(n, 0)));
    let (ana, ben) = match kind {
        Kind::Missing => {
            let ben = (0..size).filter(|n| !is_other(n)).map(|n| (clock(n), head(n, 0)));
            (all().collect(), ben.collect())
        }
        Kind::Moved => {
            let newest = |n| {
                if is_other(&n) { (clock(size + n), head(n, 1)) } else { (clock(n), head(n, 0)) }
            };
            ((0..size).map(newest).collect(), all().collect())
        }
    };
    Pair { ana, ben }
}

/// By our messages, from sets that are kept as a node keeps them.
fn sketch(pair: &Pair) -> Result<Cost, BenchError> {
    let kept = |heads: &[(u64, Cid)]| {
        let mut items = Items::default();
        heads.iter().for_each(|(_, head)| items.insert(*head, ()));
        items.root();
        items
    };
    let (mut ana, mut ben) = (kept(&pair.ana), kept(&pair.ben));
    median(|| sketched(&mut ana, &mut ben))
}

fn sketched(ana: &mut Items<()>, ben: &mut Items<()>) -> Result<Cost, BenchError> {
    let (mut cost, began) = (Cost::default(), Instant::now());
    let roots = (ana.root(), ben.root());
    for (items, root) in [(&*ana, roots.0), (&*ben, roots.1)] {
        cost.bytes += greeting(Some(Summary { count: items.len() as u64, root })) - greeting(None);
    }
    if roots.0 != roots.1 {
        let mut count = first_symbols(ana.len().abs_diff(ben.len()) as u64);
        let mut sent = 0;
        let differing = loop {
            let (symbols, others) = (ana.symbols(count), ben.symbols(count));
            let skip = u16::try_from(sent).map_err(|_| BenchError::Refused)?;
            let rest = symbols.get(sent..).unwrap_or_default().to_vec();
            cost.say(&Message::Sketch { request: 1, root: roots.0, skip, symbols: rest });
            if let Some(differing) = peel(&symbols, &others) {
                break differing;
            }
            let next = next_symbols(&symbols, &others);
            if next == count {
                return Err(BenchError::Refused);
            }
            (sent, count) = (count, next);
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            cost.say(&Message::GetSymbols { count, request: 1 });
        };
        let missing: Vec<u64> =
            differing.iter().filter(|name| ben.find(**name).is_none()).copied().collect();
        let less: BTreeSet<Cid> =
            differing.iter().filter_map(|name| ben.find(*name)).map(|(head, ())| *head).collect();
        cost.say(&Message::Differences { missing: missing.clone(), request: 1 });
        let states: Vec<Cid> =
            missing.iter().filter_map(|name| ana.find(*name)).map(|(head, ())| *head).collect();
        let more: BTreeSet<Cid> = states.iter().copied().collect();
        if !states.is_empty() {
            cost.say(&Message::States { request: 1, states });
        }
        let named = more.iter().map(short).eq(missing);
        if !named || ben.root_with(&more, &less) != roots.0 {
            return Err(BenchError::Refused);
        }
    }
    cost.milliseconds = began.elapsed().as_secs_f64() * 1e3;
    Ok(cost)
}

fn by_negentropy(pair: &Pair) -> Result<Cost, BenchError> {
    let kept = |heads: &[(u64, Cid)]| {
        let mut storage = NegentropyStorageVector::with_capacity(heads.len());
        for (clock, head) in heads {
            storage.insert(*clock, Id::from_byte_array(*head.digest())).ok()?;
        }
        storage.seal().ok()?;
        Some(storage)
    };
    let (Some(ana), Some(ben)) = (kept(&pair.ana), kept(&pair.ben)) else {
        return Err(BenchError::Refused);
    };
    median(|| exchanged(&ana, &ben).ok_or(BenchError::Refused))
}

/// An exchange without a bound for a message, which costs the fewest of them.
fn exchanged(ana: &NegentropyStorageVector, ben: &NegentropyStorageVector) -> Option<Cost> {
    let (mut cost, began) = (Cost::default(), Instant::now());
    let (mut asker, mut other) =
        (Negentropy::borrowed(ana, 0).ok()?, Negentropy::borrowed(ben, 0).ok()?);
    let (mut here, mut there) = (Vec::new(), Vec::new());
    let mut next = asker.initiate().ok();
    while let Some(bytes) = next {
        let answer = other.reconcile(&bytes).ok()?;
        cost.bytes += bytes.len() + answer.len();
        cost.messages += 2;
        next = asker.reconcile_with_ids(&answer, &mut here, &mut there).ok()?;
    }
    cost.milliseconds = began.elapsed().as_secs_f64() * 1e3;
    Some(cost)
}

/// A list of all feeds, and how far each of those is that moved.
fn list(size: u64, differing: u64) -> Value {
    let identity = |n: u64| Identity::from_bytes(*Cid::of(&n.to_be_bytes()).digest());
    let asked = |count: u64| Message::GetHeads { identities: (0..count).map(identity).collect() };
    let head = |n| WireHead {
        comparable: 1_763_632_800_000 + n,
        count: 100,
        generation: 1_763_632_800_000,
        id: Cid::of(&[1]),
        identity: identity(n),
        state: None,
    };
    let told = |count: u64| Message::LastKnownHeads { heads: (0..count).map(head).collect() };
    let mut cost = Cost::default();
    for (all, message) in [(size, &asked as &dyn Fn(u64) -> Message), (differing, &told)] {
        let (whole, rest) = (all / LIST as u64, all % LIST as u64);
        cost.bytes += usize::try_from(whole).unwrap_or(usize::MAX) * length(&message(LIST as u64));
        cost.messages += usize::try_from(whole).unwrap_or(usize::MAX);
        if rest > 0 {
            cost.say(&message(rest));
        }
    }
    json!({ "bytes": cost.bytes, "messages": cost.messages })
}

/// How long the first message of a session is.
fn greeting(feeds: Option<Summary>) -> usize {
    length(&Message::Provides { feeds, services: Vec::new() })
}

fn length(message: &Message) -> usize {
    match message.encode() {
        Frame::Binary(bytes) => bytes.len(),
        Frame::Text(text) => text.len(),
    }
}

/// The round of median time.
fn median(mut round: impl FnMut() -> Result<Cost, BenchError>) -> Result<Cost, BenchError> {
    let mut costs = (0..ROUNDS).map(|_| round()).collect::<Result<Vec<Cost>, _>>()?;
    costs.sort_by(|a, b| a.milliseconds.total_cmp(&b.milliseconds));
    Ok(costs.get(ROUNDS / 2).copied().unwrap_or_default())
}
