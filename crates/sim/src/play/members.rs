//! Who belongs to each account, worked out from everything that is on any disk, and whether all agree.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::{Cid, Identity, Time};
use effigy_feed::{Feed, Synod, Verdict};
use effigy_proto::Record;
use effigy_store::Table;

use super::cast::Cast;
use super::judge::{records, settled, wants};
use crate::{Network, Who};

type Entries = BTreeMap<Cid, Record>;

/// What is on all disks, by machine and feed.
type Held = BTreeMap<usize, BTreeMap<Identity, Entries>>;

/// An account as it has to be.
struct Account {
    devices: BTreeSet<Identity>,
    /// Of each feed what counts; nothing is said where nobody has what it is told by.
    feeds: BTreeMap<Identity, BTreeSet<Cid>>,
    removed: BTreeSet<Identity>,
}

/// Somebody honest who has it otherwise than everybody together.
pub(super) fn disagree(network: &mut Network, cast: &Cast) -> Option<String> {
    let held = held(network, cast);
    let mut accounts: BTreeMap<Identity, usize> = BTreeMap::new();
    for &machine in &cast.people {
        accounts.entry(network.machines[machine].synod()).or_insert(machine);
    }
    for (synod, somebody) in accounts {
        let account = account(synod, &held);
        for machine in cast.honest_all() {
            let state = &network.machines[machine];
            let is_hub = state.who == Who::Hub;
            // What a removed device still has is nobody's business.
            if account.removed.contains(&state.device())
                || !(is_hub || wants(network, machine, somebody))
            {
                continue;
            }
            if let Some(repair) = state.repair {
                return Some(format!("{machine} must not write: {repair:?}"));
            }
            let shown = state.view.as_ref().and_then(|view| view.person(&synod));
            let shown: BTreeSet<Identity> =
                shown.map(|person| person.devices.keys().copied().collect()).unwrap_or_default();
            if !is_hub && shown != account.devices {
                let (is, shall) = (shown.len(), account.devices.len());
                return Some(format!("{machine} shows {is} of {shall} devices of {somebody}"));
            }
            if let Some((feed, is, shall)) = differs(&account, held.get(&machine)) {
                let feed = feed.short();
                return Some(format!("{machine} has {is} of {shall} of {somebody}, feed {feed}"));
            }
        }
    }
    None
}

/// A feed of which somebody has something else, and how much of how much.
fn differs(
    account: &Account,
    held: Option<&BTreeMap<Identity, Entries>>,
) -> Option<(Identity, usize, usize)> {
    account.feeds.iter().find_map(|(feed, right)| {
        let here = held.and_then(|held| held.get(feed));
        let here: BTreeSet<Cid> =
            here.map(|entries| entries.keys().copied().collect()).unwrap_or_default();
        (here != *right).then_some((*feed, here.len(), right.len()))
    })
}

fn held(network: &mut Network, cast: &Cast) -> Held {
    let mut all = Held::new();
    for machine in cast.people.iter().chain(&cast.hubs).copied() {
        let packs = settled(network, machine).table(Table::Packs);
        let feeds = all.entry(machine).or_default();
        for (_, record) in records(network, &packs) {
            if let Some(record) = record {
                let feed = feeds.entry(record.entry.header().identity).or_default();
                feed.insert(record.entry.id(), record);
            }
        }
    }
    all
}

/// All that anybody has of a feed.
fn together(held: &Held, feed: &Identity) -> Entries {
    let all = held.values().filter_map(|feeds| feeds.get(feed)).flatten();
    all.map(|(id, record)| (*id, record.clone())).collect()
}

fn account(synod: Identity, held: &Held) -> Account {
    let stated = together(held, &synod);
    let state = fold(synod, &stated);
    let mut feeds = BTreeMap::from([(synod, stated.keys().copied().collect())]);
    for device in state.devices.keys() {
        feeds.insert(*device, together(held, device).into_keys().collect());
    }
    for (device, former) in &state.former {
        let all = together(held, device);
        let Some(lasts) = &former.last_valid else {
            feeds.insert(*device, BTreeSet::new());
            continue;
        };
        if lasts.iter().all(|last| all.contains_key(last)) {
            let mut pasts = lasts.iter().map(|last| past(&all, *last));
            let first = pasts.next().unwrap_or_default();
            let counts = pasts.fold(first, |sum, past| &sum & &past);
            feeds.insert(*device, counts);
        }
    }
    let everybody = state.devices.keys().chain(state.former.keys());
    let removed = everybody.filter(|device| state.removed(device)).copied().collect();
    Account { devices: state.devices.into_keys().collect(), feeds, removed }
}

/// An entry and all that came before it.
fn past(all: &Entries, last: Cid) -> BTreeSet<Cid> {
    let (mut found, mut next) = (BTreeSet::new(), vec![last]);
    while let Some(id) = next.pop() {
        if found.insert(id)
            && let Some(record) = all.get(&id)
        {
            next.extend(&record.entry.header().parents);
        }
    }
    found
}

/// The account, in whatever order its entries are.
fn fold(synod: Identity, stated: &Entries) -> Synod {
    let (mut feed, mut state) = (Feed::new(synod), Synod::new(synod));
    let mut waiting: Vec<&Record> = stated.values().collect();
    loop {
        let before = waiting.len();
        waiting.retain(|record| {
            let Some((_, payload)) = &record.payload else { return false };
            let verdict = feed.offer(&record.entry, Time(u64::MAX / 2));
            if matches!(verdict, Ok(Verdict::Waiting { .. })) {
                return true;
            }
            if state.permits(&record.entry, payload).is_ok() {
                state.apply(&record.entry, payload);
            }
            false
        });
        if waiting.len() == before {
            return state;
        }
    }
}
