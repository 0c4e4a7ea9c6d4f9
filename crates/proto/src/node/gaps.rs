//! What others speak of and is not here: entries that are answered by those that are, and entries that
//! came without what they say. Both are looked for by their ids at everybody.
//!
//! Most of what is answered belongs to people who are not followed, and is shown without being
//! replicated: it stays in memory, and is asked for again at the next start, so that what its author
//! takes back meanwhile does not stay.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::{Cid, Entry, Identity, Payload, Span};
use effigy_feed::{Feed, Synod, Verdict};

use super::Node;
use super::state::{Answering, Later, Service};
use crate::api::{Event, Known};
use crate::io::Link;
use crate::message::{BATCH, ErrorCode, FIND, Message, Record};

/// Most entries that are known to be missing.
pub(super) const GAPS: usize = 4_096;
/// Most entries of people who are not followed that are shown at a time.
pub(super) const LOOSE: usize = 512;
/// Most accounts of such people that are known at a time.
pub(super) const STRANGERS: usize = 64;
/// Of how many entries one peer is asked in one session.
pub(super) const SOUGHT: usize = 256;
/// For how many entries one peer may look at once, and how many more each second: each may be in any
/// feed.
pub(super) const FINDS: u64 = SOUGHT as u64;
const FINDS_EACH_SECOND: u64 = 4;
/// How long a stranger's account is waited for.
const PATIENCE: Span = Span::seconds(15);
/// Most entries without what they say that are looked for.
pub(super) const BARE: usize = 4_096;

/// What is missing in threads, and what was found of it.
#[derive(Debug, Default)]
pub(super) struct Threads {
    /// Entries that are answered and not here, and the feeds in which the answers are.
    gaps: BTreeMap<Cid, BTreeSet<Identity>>,
    /// Entries of people who are not followed that are shown.
    loose: BTreeSet<Cid>,
    /// Their accounts.
    strangers: BTreeMap<Identity, Stranger>,
}

impl Threads {
    /// How many gaps, entries of strangers and strangers there are.
    pub(super) fn sizes(&self) -> (usize, usize, usize) {
        (self.gaps.len(), self.loose.len(), self.strangers.len())
    }
}

/// Somebody who is not followed, but whose entry is answered here.
#[derive(Debug)]
struct Stranger {
    feed: Feed,
    synod: Synod,
    /// Entries that are shown once the account names their device.
    waiting: Vec<(Entry, Option<Payload>)>,
    /// The request for the account's feed.
    request: u32,
}

impl Node {
    /// In which feed an entry is, and where.
    pub(super) fn place_of(&mut self, id: &Cid) -> Option<(Identity, u32)> {
        let feeds = self.directory.feeds_of(id).into_iter();
        let mut places =
            feeds.filter_map(|feed| Some((feed, self.feeds.get(&feed)?.feed.position(id)?)));
        places.next()
    }

    /// An entry is part of a feed, perhaps by a further id.
    pub(super) fn list(&mut self, feed: Identity, id: &Cid) {
        // What stands on an account's own feed is answered by nobody.
        if self.feeds.get(&feed).is_some_and(|held| held.synod != feed && held.feed.contains(id)) {
            self.directory.add(feed, id);
        }
    }

    /// An entry of a device is here, and says this.
    pub(super) fn note_entry(&mut self, entry: &Entry, payload: Option<&Payload>) {
        let (header, id) = (entry.header(), entry.id());
        if header.synod.is_none() {
            return;
        }
        if self.is_hub() {
            return;
        }
        self.threads.gaps.remove(&id);
        if let Some(Payload::Comment(comment)) = payload {
            for answered in [comment.parent, comment.root] {
                self.note_gap(answered, header.identity);
            }
        }
    }

    fn note_gap(&mut self, id: Cid, by: Identity) {
        let room = self.threads.gaps.len() < GAPS || self.threads.gaps.contains_key(&id);
        if room && self.place_of(&id).is_none() && !self.threads.loose.contains(&id) {
            self.threads.gaps.entry(id).or_default().insert(by);
            self.status_changed = true;
            self.seeks = true;
        }
    }

    /// An entry came without what it says, though nobody is known to have taken it back: somebody
    /// else may have it whole.
    pub(super) fn note_bare(&mut self, feed: Identity, place: u32) {
        if self.bare.len() < BARE && self.bare.insert((feed, place)) {
            self.seeks = true;
        }
    }

    /// A feed is no longer here, with what is answered in it.
    pub(super) fn forget_places(&mut self, identity: Identity, feed: &Feed) {
        self.directory.forget(&identity, feed.ids());
        self.bare.retain(|(of, _)| *of != identity);
        self.threads.gaps.retain(|_, by| {
            by.remove(&identity);
            !by.is_empty()
        });
    }

    /// How many entries are answered here and missing.
    pub(super) fn gaps(&self) -> u64 {
        self.threads.gaps.len() as u64
    }

    /// Looks for what is missing at everybody, once there is more of it.
    pub(super) fn seek(&mut self) {
        if !std::mem::take(&mut self.seeks) || !self.ready {
            return;
        }
        let links: Vec<Link> = if self.is_hub() {
            let feeds = self.bare.iter().filter_map(|(feed, _)| self.feeds.get(feed));
            let owners: BTreeSet<Identity> = feeds.map(|held| held.synod).collect();
            owners.into_iter().flat_map(|owner| self.index.accounts.of(owner)).collect()
        } else {
            self.open_links().into_iter().collect()
        };
        links.into_iter().for_each(|link| self.find_gaps(link));
    }

    /// Asks a peer for what is missing, some of it at a time. A hub asks people for what is their own.
    pub(super) fn find_gaps(&mut self, link: Link) {
        if !self.ready || !self.serves(link, Service::Find) {
            return;
        }
        let Some(conn) = self.links.get(&link) else { return };
        let room = SOUGHT.saturating_sub(conn.talk.sought.len()).min(FIND);
        if conn.talk.finding.is_some() || room == 0 {
            return;
        }
        let account = self.account_of(conn);
        let is_asked = |feed: &Identity| {
            let owner = self.feeds.get(feed).map(|held| held.synod);
            !self.is_hub() || (owner.is_some() && owner == account)
        };
        let gaps = self.threads.gaps.keys().copied();
        let bare = self.bare.iter().filter(|(feed, _)| is_asked(feed));
        let bare = bare.filter_map(|(feed, place)| self.id_at(feed, *place));
        let ids: Vec<Cid> =
            gaps.chain(bare).filter(|id| !conn.talk.sought.contains(id)).take(room).collect();
        if ids.is_empty() {
            return;
        }
        let request = self.request();
        if let Some(conn) = self.links.get_mut(&link) {
            conn.talk.finding = Some(request);
            conn.talk.sought.extend(&ids);
        }
        self.send(link, &Message::FindEntries { ids, request });
    }

    fn id_at(&self, feed: &Identity, place: u32) -> Option<Cid> {
        self.feeds.get(feed)?.feed.id_at(place)
    }

    /// Somebody looks for entries.
    pub(super) fn serve_found(&mut self, link: Link, ids: &[Cid], request: u32) {
        let now = self.now;
        let Some(conn) = self.links.get_mut(&link) else { return };
        if ids.len() > FIND {
            self.fault(link, request, ErrorCode::TooMuch);
            return;
        }
        if !conn.talk.finds.take(ids.len() as u64, FINDS, FINDS_EACH_SECOND, now) {
            self.send(link, &Message::Error { about: request, code: ErrorCode::TooMuch });
            return;
        }
        let found: Vec<_> = ids.iter().filter_map(|id| self.place_of(id)).collect();
        let tracked = found.into_iter().filter(|(feed, _)| self.tracked.contains_key(feed));
        let places = tracked.collect();
        self.serve(link, request, Answering::Found, places);
    }

    /// Entries that were looked for.
    pub(super) fn found(&mut self, link: Link, records: Vec<Record>, request: u32) {
        let Some(conn) = self.links.get_mut(&link) else { return };
        if conn.talk.finding.take_if(|finding| *finding == request).is_none() {
            self.fault(link, request, ErrorCode::Forbidden);
            return;
        }
        for record in records {
            let id = record.entry.id();
            if let Some((feed, place)) = self.place_of(&id) {
                self.fill(feed, place, record);
            } else if self.threads.gaps.contains_key(&id) {
                self.show_loose(link, record);
            }
        }
        self.find_gaps(link);
    }

    /// An entry of somebody who is not followed is shown once it is known whose it is.
    fn show_loose(&mut self, link: Link, record: Record) {
        let header = record.entry.header();
        let (device, Some((author, _))) = (header.identity, header.synod) else { return };
        // What is replicated comes with its feed, and of a closed account nothing is shown.
        let is_closed = self.synods.get(&author).is_some_and(Synod::closed);
        if is_closed || self.tracked.contains_key(&device) || self.is_blocked(&author) {
            return;
        }
        let payload = record.payload.map(|(_, payload)| payload);
        let waiting = (record.entry, payload);
        if self.names(&author, &device) {
            self.tell_loose(vec![waiting]);
            return;
        }
        if let Some(stranger) = self.threads.strangers.get_mut(&author) {
            if stranger.synod.devices.contains_key(&device) {
                self.tell_loose(vec![waiting]);
            } else if stranger.waiting.len() < FIND {
                stranger.waiting.push(waiting);
            }
            return;
        }
        if self.threads.strangers.len() >= STRANGERS {
            return;
        }
        let request = self.request();
        if let Some(conn) = self.links.get_mut(&link) {
            conn.asked.insert(request, author);
        }
        self.index.later.arm((link, Later::Account(request)), self.now.after(PATIENCE));
        let stranger = Stranger {
            feed: Feed::new(author),
            synod: Synod::new(author),
            waiting: vec![waiting],
            request,
        };
        self.threads.strangers.insert(author, stranger);
        let (after, limit) = (Vec::new(), BATCH as u32);
        self.send(
            link,
            &Message::GetEntries {
                after,
                generation: 0,
                identity: author,
                limit,
                request,
                skip: 0,
            },
        );
    }

    /// The feed of a stranger's account came. Tells whether the answer is that.
    pub(super) fn account_came(&mut self, link: Link, request: u32, records: &[Record]) -> bool {
        let mut strangers = self.threads.strangers.values_mut();
        let Some(stranger) = strangers.find(|stranger| stranger.request == request) else {
            return false;
        };
        let mut known = Vec::new();
        for Record { entry, payload } in records {
            let Some((_, payload)) = payload else { continue };
            let Stranger { feed, synod, .. } = stranger;
            if synod.permits(entry, payload).is_ok()
                && let Ok(Verdict::New { position }) = feed.offer(entry, self.clock)
            {
                synod.apply(entry, payload);
                known.push(Known {
                    entry: entry.clone(),
                    payload: Some(payload.clone()),
                    position,
                });
            }
        }
        let named = |(entry, _): &(Entry, Option<Payload>)| {
            stranger.synod.devices.contains_key(&entry.header().identity)
        };
        let shown: Vec<_> =
            std::mem::take(&mut stranger.waiting).into_iter().filter(named).collect();
        stranger.request = 0;
        if let Some(conn) = self.links.get_mut(&link) {
            conn.asked.remove(&request);
        }
        if !shown.is_empty() {
            self.emit(Event::Entries(known));
            self.tell_loose(shown);
        }
        true
    }

    /// A stranger's account was not given. Somebody else may be asked in another session.
    pub(super) fn account_refused(&mut self, request: u32) {
        self.threads.strangers.retain(|_, stranger| stranger.request != request);
    }

    /// Nobody waits for a stranger's account for ever.
    pub(super) fn account_late(&mut self, link: Link, request: u32) {
        let Some(conn) = self.links.get_mut(&link) else { return };
        if conn.asked.remove(&request).is_some() {
            conn.given_up.insert(request);
            self.account_refused(request);
            self.ask_hungry(link);
        }
    }

    fn tell_loose(&mut self, entries: Vec<(Entry, Option<Payload>)>) {
        let mut known = Vec::new();
        for (entry, payload) in entries {
            if self.threads.loose.len() >= LOOSE || !self.threads.loose.insert(entry.id()) {
                continue;
            }
            self.threads.gaps.remove(&entry.id());
            known.push(Known { entry, payload, position: u32::MAX });
        }
        if !known.is_empty() {
            self.status_changed = true;
            self.emit(Event::Entries(known));
        }
    }
}
