//! What must hold: each rule looked after by a function of its own.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::blob::Manifest;
use effigy_core::limits::BLOB_BYTES;
use effigy_core::payload::Content;
use effigy_core::{Cid, Identity};
use effigy_feed::Relation;
use effigy_proto::Record;
use effigy_store::{Key, Pack, Table};

use super::Fault;
use super::act::Play;
use super::cast::Cast;
use super::members;
use crate::scenario::Rule;
use crate::{Disk, Lie, Machine, Network, Scenario, Who};

/// How many faults on one connection shut somebody out.
const FAULTS: u32 = 3;
/// How long somebody must have been connected before it can be told that they show old heads.
const SHOWN: u64 = 35_000;

/// What can be broken at any moment.
pub(super) fn watch(network: &mut Network, cast: &Cast, holds: &[Rule]) -> Result<(), Fault> {
    let demands = |rule| holds.contains(&rule);
    let honest: BTreeSet<Identity> =
        cast.honest_all().map(|machine| network.machines[machine].device()).collect();
    for machine in cast.honest_all() {
        network.machines[machine].note_blame();
        let state = &network.machines[machine];
        if demands(Rule::HonestSpared)
            && let Some(blamed) = state.blamed.intersection(&honest).next()
        {
            let what = format!("{machine} shuts out {}", named(network, blamed));
            return Err(Fault::of(Rule::HonestSpared, what));
        }
        let over = |node: &effigy_proto::Node| {
            node.census().into_iter().find(|filled| filled.count > filled.bound)
        };
        if demands(Rule::Bounded)
            && let Some(over) = state.node.as_ref().and_then(over)
        {
            return Err(Fault::of(Rule::Bounded, format!("at {machine}: {over:?}")));
        }
    }
    match network.garbled {
        Some((from, to)) if demands(Rule::Genuine) && !cast.liars.contains_key(&from) => {
            let what = format!("{from} sent {to} what nobody can read");
            Err(Fault::of(Rule::Genuine, what))
        }
        _ => Ok(()),
    }
}

/// Everything that must hold at rest.
pub(super) fn judge(play: &mut Play<'_>, scenario: &Scenario) -> Result<(), Fault> {
    for rule in play.holds() {
        let broken = match rule {
            Rule::Agrees => at_odds(&play.network, &play.cast),
            Rule::Bounded => None,
            Rule::HonestSpared => slandered(&play.network, &play.cast),
            Rule::Converges => {
                let missing = missing(&mut play.network, &play.cast);
                missing.or_else(|| missing_on_disks(&mut play.network, &play.cast))
            }
            Rule::Durable => lost(play),
            Rule::Frugal => dear(&play.network, scenario),
            Rule::Genuine => forged(&mut play.network, &play.cast),
            Rule::Gone => kept(&mut play.network, &play.cast),
            Rule::LiarsNamed => unnamed(&play.network, &play.cast),
            Rule::Members => members::disagree(&mut play.network, &play.cast),
        };
        if let Some(what) = broken {
            return Err(Fault::of(*rule, what));
        }
    }
    Ok(())
}

/// Who a key belongs to, for people who read.
fn named(network: &Network, identity: &Identity) -> String {
    let of = |machine: &Machine| machine.device() == *identity || machine.synod() == *identity;
    let machine = network.machines.iter().position(of);
    machine.map_or_else(|| identity.short(), |machine| format!("{machine}"))
}

/// Whether a person wants what another says: as their own screen says.
pub(super) fn wants(network: &Network, person: usize, other: usize) -> bool {
    let view = network.machines[person].view.as_ref();
    let synod = network.machines[other].synod();
    // One's other devices, too.
    network.machines[person].synod() == synod
        || view.is_some_and(|view| view.relations.wants(&synod))
}

fn blocks(network: &Network, person: usize, other: usize) -> bool {
    let synod = network.machines[other].synod();
    let view = network.machines[person].view.as_ref();
    view.is_some_and(|view| view.relations.holds(Relation::Block, &synod))
}

/// Two devices of one person that do not say the same of what they agree on.
fn at_odds(network: &Network, cast: &Cast) -> Option<String> {
    for one in cast.honest_of(&cast.people) {
        for other in cast.honest_of(&cast.people).filter(|other| *other > one) {
            let (here, there) = (&network.machines[one], &network.machines[other]);
            if here.synod() == there.synod() && here.agreed != there.agreed {
                return Some(format!("{one} and {other} do not agree on what was set"));
            }
        }
    }
    None
}

/// What somebody lacks who may and wants to have it.
pub(super) fn missing(network: &mut Network, cast: &Cast) -> Option<String> {
    for person in cast.honest_of(&cast.people) {
        if let Some(repair) = network.machines[person].repair {
            return Some(format!("{person} must not write: {repair:?}"));
        }
        for author in cast.people.iter().copied().filter(|author| *author != person) {
            let here = &network.machines[person].entries;
            if wants(network, person, author)
                && let Some(what) = lacks(network, cast, here, author)
            {
                return Some(format!("{person} {what}"));
            }
        }
    }
    for hub in cast.honest_of(&cast.hubs) {
        let here = ids_by_feed(network, hub);
        for author in cast.honest_of(&cast.people) {
            if let Some(what) = lacks(network, cast, &here, author) {
                return Some(format!("{hub} {what}"));
            }
        }
    }
    let lacking = |person| lacks_pictures(network, cast, person);
    let lacking = cast.honest_of(&cast.people).find_map(lacking);
    lacking.or_else(|| at_odds(network, cast))
}

/// What is not on the disk of somebody whose screen shows it.
fn missing_on_disks(network: &mut Network, cast: &Cast) -> Option<String> {
    for person in cast.honest_of(&cast.people) {
        let here = ids_by_feed(network, person);
        for author in cast.honest_of(&cast.people) {
            if (author == person || wants(network, person, author))
                && let Some(what) = lacks(network, cast, &here, author)
            {
                return Some(format!("the disk of {person} {what}"));
            }
        }
    }
    None
}

/// The entries on a machine's disk, by feed: a hub tells nobody which it has.
fn ids_by_feed(network: &mut Network, machine: usize) -> BTreeMap<Identity, BTreeSet<Cid>> {
    let disk = settled(network, machine);
    let mut found: BTreeMap<Identity, BTreeSet<Cid>> = BTreeMap::new();
    for (_, record) in records(network, &disk.table(Table::Packs)) {
        if let Some(Record { entry, .. }) = record {
            found.entry(entry.header().identity).or_default().insert(entry.id());
        }
    }
    found
}

/// What somebody has otherwise of an author's feeds than the author.
fn lacks(
    network: &Network,
    cast: &Cast,
    here: &BTreeMap<Identity, BTreeSet<Cid>>,
    author: usize,
) -> Option<String> {
    for feed in Cast::feeds(network, author) {
        let none = BTreeSet::new();
        let theirs = network.machines[author].entries.get(&feed).unwrap_or(&none);
        let held = here.get(&feed).unwrap_or(&none);
        let device = feed == network.machines[author].device();
        let right = match (cast.liars.get(&author), cast.forked.get(&author)) {
            (Some(Lie::Equivocation), Some(both)) if device => {
                both.iter().all(|id| held.contains(id))
            }
            // What a liar has of their own nobody can know.
            (Some(_), _) => true,
            (None, _) => held == theirs,
        };
        if !right {
            let (has, there) = (held.len(), theirs.len());
            return Some(format!("has {has} of {there} entries of {author}"));
        }
    }
    None
}

fn lacks_pictures(network: &Network, cast: &Cast, person: usize) -> Option<String> {
    let state = &network.machines[person];
    let view = state.view.as_ref()?;
    for author in cast.honest_of(&cast.people).filter(|author| wants(network, person, *author)) {
        let posts = view.posts_of(&network.machines[author].synod(), None, 10_000);
        let images =
            posts.iter().filter_map(|id| view.post_by_id(id)).flat_map(|p| p.said.images());
        let contents = images.flat_map(|image| [Some(&image.content), image.thumbnail.as_ref()]);
        for content in contents.flatten() {
            let has = |disk: &Disk| blobs_of(disk, content).is_some_and(|blobs| blobs.1);
            // Where its author lost it before anybody had it, it is nowhere to be had.
            if !has(&state.disk) && cast.honest_all().any(|m| has(&network.machines[m].disk)) {
                return Some(format!("{person} lacks a picture of {author}"));
            }
        }
    }
    None
}

/// The blobs of which a picture is made, as far as is known here, and whether all are here.
fn blobs_of(disk: &Disk, content: &Content) -> Option<(Vec<Cid>, bool)> {
    let blob = |cid: &Cid| disk.read(&Key::new(Table::Blobs, cid.digest().as_slice()));
    let first = blob(&content.cid)?;
    if content.size <= BLOB_BYTES as u64 {
        return Some((vec![content.cid], true));
    }
    let mut all = Manifest::parse(&first).ok()?.pieces().to_vec();
    let here = all.iter().all(|piece| blob(piece).is_some());
    all.push(content.cid);
    Some((all, here))
}

/// The records in the packs of a table, with the feeds they are kept as; `None` for what is no record.
pub(super) fn records(
    network: &mut Network,
    packs: &[(Vec<u8>, Vec<u8>)],
) -> Vec<(Vec<u8>, Option<Record>)> {
    let mut found = Vec::new();
    for (key, value) in packs {
        let feed = key.get(..32).unwrap_or_default().to_vec();
        let Ok(pack) = Pack::open(value) else {
            found.push((feed, None));
            continue;
        };
        for bytes in pack.records() {
            let record = bytes.ok().and_then(|bytes| network.verdicts.record(bytes)).cloned();
            found.push((feed.clone(), record));
        }
    }
    found
}

/// The ids of all entries that are durable on a machine.
pub(super) fn durable_ids(network: &mut Network, machine: usize) -> BTreeSet<Cid> {
    let packs = network.machines[machine].disk.table(Table::Packs);
    let all = records(network, &packs);
    all.iter().filter_map(|(_, record)| Some(record.as_ref()?.entry.id())).collect()
}

/// Something that was confirmed and is no longer there.
fn lost(play: &mut Play<'_>) -> Option<String> {
    let mut durable: BTreeMap<usize, BTreeSet<Cid>> = BTreeMap::new();
    for promise in &play.promised {
        if play.cast.liars.contains_key(&promise.author) {
            continue;
        }
        let network = &mut play.network;
        // What came back from others is as good as theirs, and lies no safer than that.
        let back = play.bereft.contains(&promise.author);
        let ids = durable.entry(promise.author).or_insert_with(|| match back {
            true => ids_by_feed(network, promise.author).into_values().flatten().collect(),
            false => durable_ids(network, promise.author),
        });
        if !ids.contains(&promise.id) {
            return Some(format!("{} was promised {}", promise.author, promise.id));
        }
    }
    None
}

fn dear(network: &Network, scenario: &Scenario) -> Option<String> {
    let budget = scenario.budget;
    let dear = network.frames > budget.frames || network.bytes > budget.bytes;
    dear.then(|| format!("{} frames, {} bytes", network.frames, network.bytes))
}

/// Something on an honest disk that nobody signed, or that is not what its name says.
fn forged(network: &mut Network, cast: &Cast) -> Option<String> {
    for machine in cast.honest_all() {
        let disk = settled(network, machine);
        for (feed, record) in records(network, &disk.table(Table::Packs)) {
            let right = |record: &Record| record.entry.header().identity.bytes() == feed.as_slice();
            if !record.is_some_and(|record| right(&record)) {
                return Some(format!("{machine} keeps an entry that is none"));
            }
        }
        for (name, bytes) in disk.table(Table::Blobs) {
            if Cid::of(&bytes).digest() != name.as_slice() {
                return Some(format!("{machine} keeps a blob under another name"));
            }
        }
    }
    None
}

/// A disk as it is now, durable or not.
pub(super) fn settled(network: &Network, machine: usize) -> Disk {
    let mut disk = network.machines[machine].disk.clone();
    disk.crash(usize::MAX);
    disk
}

/// Something on an honest disk or screen that was blocked or taken back.
fn kept(network: &mut Network, cast: &Cast) -> Option<String> {
    for machine in cast.honest_all() {
        let disk = settled(network, machine);
        let all = records(network, &disk.table(Table::Packs));
        let records: Vec<&Record> = all.iter().filter_map(|(_, record)| record.as_ref()).collect();
        let blocked: Vec<usize> =
            cast.people.iter().copied().filter(|other| blocks(network, machine, *other)).collect();
        for other in blocked {
            let feeds = Cast::feeds(network, other);
            let theirs = |record: &Record| feeds.contains(&record.entry.header().identity);
            if records.iter().any(|record| theirs(record)) {
                return Some(format!("{machine} keeps entries of {other}, who is blocked"));
            }
            let view = network.machines[machine].view.as_ref();
            let shown = view.map(|view| view.posts_of(&feeds[0], None, 1));
            if shown.is_some_and(|posts| !posts.is_empty()) {
                return Some(format!("{machine} shows posts of {other}, who is blocked"));
            }
        }
        if let Some(id) = not_taken_back(&records) {
            return Some(format!("{machine} keeps what {id} said, which was taken back"));
        }
        if let Some(blob) = left_over(&disk, &records) {
            return Some(format!("{machine} keeps the blob {blob}, to which nothing points"));
        }
    }
    None
}

/// An entry that has its payload though a device of its account took it back.
fn not_taken_back(records: &[&Record]) -> Option<Cid> {
    let account = |record: &Record| record.entry.header().synod.map(|(synod, _)| synod);
    let said = |record: &&Record| record.payload.as_ref().map(|(_, payload)| payload.clone());
    let mut gone: BTreeSet<(Cid, Option<Identity>)> = BTreeSet::new();
    for record in records {
        let targets = said(record).map_or_else(Vec::new, |said| said.taken_back().to_vec());
        gone.extend(targets.into_iter().map(|target| (target, account(record))));
    }
    let full = records.iter().filter(|record| record.payload.is_some());
    full.map(|record| (record.entry.id(), account(record)))
        .find(|entry| entry.1.is_some() && gone.contains(entry))
        .map(|entry| entry.0)
}

/// A blob to which no entry points.
fn left_over(disk: &Disk, records: &[&Record]) -> Option<Cid> {
    let payloads = records.iter().filter_map(|record| record.payload.as_ref());
    let images = payloads.flat_map(|(_, payload)| payload.images().to_vec());
    let mut known: BTreeSet<Cid> = BTreeSet::new();
    for image in images {
        for content in [Some(&image.content), image.thumbnail.as_ref()].into_iter().flatten() {
            known.extend(blobs_of(disk, content).unwrap_or_default().0);
        }
    }
    let names = disk.table(Table::Blobs).into_iter();
    let names = names.filter_map(|(name, _)| Some(Cid::from_digest(name.try_into().ok()?)));
    names.into_iter().find(|name| !known.contains(name))
}

/// Somebody honest of whom it is said that they write two histories.
fn slandered(network: &Network, cast: &Cast) -> Option<String> {
    for person in cast.honest_of(&cast.people) {
        let device = network.machines[person].device();
        for witness in cast.honest_of(&cast.people) {
            let status = network.machines[witness].status.as_ref();
            let feed = status.and_then(|status| status.feeds.iter().find(|f| f.identity == device));
            if feed.is_some_and(|feed| feed.fork.is_some()) {
                return Some(format!("{witness} says that {person} wrote two histories"));
            }
        }
    }
    None
}

/// A liar whom somebody should have found out and did not.
fn unnamed(network: &Network, cast: &Cast) -> Option<String> {
    for (&liar, lie) in &cast.liars {
        let unaware = match lie {
            Lie::Withholding => None,
            Lie::Equivocation => unaware_of_fork(network, cast, liar),
            Lie::OldHeads => unaware_of_old_heads(network, cast, liar),
            Lie::BadSignatures | Lie::BlobBytes | Lie::BlobSizes | Lie::Floods | Lie::Garbage => {
                let device = network.machines[liar].device();
                let state = network.machines[liar].liar.as_ref();
                let found = state.map(|state| state.found_out_by(FAULTS)).unwrap_or_default();
                found.into_iter().find(|by| {
                    !cast.liars.contains_key(by) && !network.machines[*by].blamed.contains(&device)
                })
            }
        };
        if let Some(by) = unaware {
            return Some(format!("{by} does not name {liar}, who tells {lie:?}"));
        }
    }
    None
}

fn unaware_of_fork(network: &Network, cast: &Cast, liar: usize) -> Option<usize> {
    let device = network.machines[liar].device();
    let knows = |person: usize| {
        let status = network.machines[person].status.as_ref();
        let feed = status.and_then(|status| status.feeds.iter().find(|f| f.identity == device));
        feed.is_some_and(|feed| feed.fork.is_some())
    };
    let mut people = cast.honest_of(&cast.people);
    people.find(|p| cast.forked.contains_key(&liar) && wants(network, *p, liar) && !knows(*p))
}

fn unaware_of_old_heads(network: &Network, cast: &Cast, liar: usize) -> Option<usize> {
    let state = network.machines[liar].liar.as_ref()?;
    let (device, is_hub) =
        (network.machines[liar].device(), network.machines[liar].who == Who::Hub);
    let mut people = cast.honest_of(&cast.people);
    people.find(|&person| {
        let shown = network.connected_for(person, liar).is_some_and(|span| span >= SHOWN);
        if !shown || !(is_hub || wants(network, person, liar)) {
            return false;
        }
        let wires = network.wires_of(person);
        let feeds = network.machines[person].status.iter().flat_map(|status| &status.feeds);
        let mut feeds = feeds.filter(|feed| {
            let mut ways = wires.iter().filter(|(_, far)| *far == liar);
            let name = feed.identity.to_string();
            ways.any(|(way, _)| state.says_of(*way, &name).is_some_and(|count| count < feed.held))
        });
        feeds.any(|feed| !feed.differing.iter().any(|differing| differing.holder == device))
    })
}
