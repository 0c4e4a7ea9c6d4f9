//! Meeting others: dialling hubs, presence, letters through a hub, and direct ways to devices.

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;
use effigy_core::invite::is_origin;
use effigy_core::limits::HUBS;
use effigy_core::payload::Hub;
use effigy_core::seal::{Letter, open_letter, seal_letter};
use effigy_core::share::SetId;
use effigy_core::{Identity, Span, Time};
use effigy_feed::Relation;
use serde::{Deserialize, Serialize};

use super::hand::Description;
use super::state::{Arranged, Conn, Direct, HubSlot, Later};
use super::{Node, Role};
use crate::api::{HandStep, HubRefusal, LinkState};
use crate::io::{Link, Output, RtcAction, RtcEvent};
use crate::message::{ErrorCode, LIST, Message, Passing};

/// How long after the list of those was sent who may know of this device the next one waits.
const PRESENCE: Span = Span(200);
/// Over how long a hub can have coming back to it spread.
const SPREAD: Span = Span::minutes(1);
/// How long the two sides may take to find a direct way.
pub(super) const ARRANGE: Span = Span::seconds(25);
/// How long an attempt is remembered that was answered: longer than a letter counts.
const REMEMBERED: Span = Span::minutes(21);
/// Most attempts that are remembered, and most of one device; further ones have to wait.
pub(super) const ANSWERED: usize = 1_000;
const ANSWERED_OF_PEER: usize = 32;
/// Most direct ways at a time: a browser pays for each with memory and sockets.
pub(super) const WAYS: usize = 64;
/// Most bytes of the number of an attempt.
const ATTEMPT: usize = 64;
/// Most bytes of a connection's description, and of a candidate.
const DESCRIPTION: usize = 16 * 1024;
const CANDIDATE: usize = 1_024;
/// Most bytes of a sealed letter: a description of a connection with its candidates, in base64url.
const LETTER: usize = 68 * 1024;
/// Most bytes of a sealed letter from somebody whom its receiver does not list: enough to say that
/// they follow, too little to bury anybody.
const STRANGE_LETTER: usize = 2 * 1024;
/// Most devices whose presence one peer may ask for.
pub(super) const WATCHING: usize = 500;

/// What two devices say to each other in letters.
#[derive(Clone, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Signal {
    Answer {
        attempt: String,
        sdp: String,
    },
    /// In a letter that is handed over: all of it, and as little as it can be.
    ByHand {
        answer: bool,
        attempt: String,
        end: Description,
    },
    Candidate {
        attempt: String,
        candidate: String,
        line: u16,
        mid: String,
    },
    Greet {
        synod: Identity,
        token: Option<String>,
    },
    /// It was told; and whether who says so follows back, which a device that was added later has no
    /// other way to learn.
    Greeted {
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        follows: bool,
    },
    Offer {
        attempt: String,
        sdp: String,
    },
    /// Keep this for me: a share of my account's root, sealed to your device.
    Share {
        sealed: String,
    },
    /// Heard that you have no share of this set any more.
    ShareNoted {
        set: SetId,
    },
    /// Whether this device keeps your share of this set.
    ShareState {
        held: bool,
        set: SetId,
    },
    /// This set counts no longer: drop its share.
    ShareVoid {
        set: SetId,
    },
}

impl std::fmt::Debug for Signal {
    /// A greeting carries the secret of an invite, a description addresses: neither is printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Answer { .. } => "Answer(..)",
            Self::ByHand { .. } => "ByHand(..)",
            Self::Candidate { .. } => "Candidate(..)",
            Self::Greet { .. } => "Greet(..)",
            Self::Greeted { .. } => "Greeted",
            Self::Offer { .. } => "Offer(..)",
            Self::Share { .. } => "Share(..)",
            Self::ShareNoted { .. } => "ShareNoted",
            Self::ShareState { .. } => "ShareState",
            Self::ShareVoid { .. } => "ShareVoid",
        })
    }
}

impl HubSlot {
    pub(super) const fn new(origin: String) -> Self {
        Self {
            origin,
            identity: None,
            link: None,
            state: LinkState::Closed,
            attempts: 0,
            retry_at: Time(0),
            refuses: None,
            spread: None,
        }
    }
}

impl Node {
    pub(super) const fn is_hub(&self) -> bool {
        matches!(self.role, Role::Hub(_))
    }

    // Hubs.

    pub(super) fn add_hub(&mut self, origin: String) {
        let known = self.hubs.iter().any(|hub| hub.origin == origin);
        if known || self.hubs.len() >= HUBS || !is_origin(&origin) {
            return;
        }
        self.hubs.push(HubSlot::new(origin));
        self.save_hubs();
        self.retry_hubs();
        self.status_changed = true;
    }

    pub(super) fn remove_hub(&mut self, origin: &str) {
        let gone = self.hubs.iter().find(|hub| hub.origin == origin).and_then(|hub| hub.link);
        self.hubs.retain(|hub| hub.origin != origin);
        self.save_hubs();
        if let Some(link) = gone {
            self.close(link);
        }
        self.name_hubs();
        self.status_changed = true;
    }

    /// Dials every hub whose time has come.
    pub(super) fn retry_hubs(&mut self) {
        for at in 0..self.hubs.len() {
            let link = self.new_link();
            let now = self.now;
            let Some(hub) = self.hubs.get_mut(at) else { continue };
            if hub.link.is_none() && hub.retry_at <= now {
                hub.link = Some(link);
                hub.state = LinkState::Connecting;
                let origin = hub.origin.clone();
                self.outbox.push_back(Output::Dial(link, origin));
                self.status_changed = true;
            }
        }
    }

    pub(super) fn hubs_due(&self) -> Option<Time> {
        if !self.ready {
            return None;
        }
        self.hubs.iter().filter(|hub| hub.link.is_none()).map(|hub| hub.retry_at).min()
    }

    pub(super) fn handle_wake_of_hubs(&mut self) {
        let now = self.now;
        for hub in &mut self.hubs {
            hub.attempts = 0;
            hub.retry_at = hub.retry_at.min(now);
        }
        self.tries.clear();
        self.retry_hubs();
        self.reach_out();
    }

    pub(super) fn hub_gone(&mut self, link: Link) {
        let Some(at) = self.hubs.iter().position(|hub| hub.link == Some(link)) else { return };
        let Some(hub) = self.hubs.get_mut(at) else { return };
        let (attempts, spread) = (hub.attempts, hub.spread.take());
        let mut wait = self.backoff(attempts);
        if let Some(spread) = spread {
            // Everybody who was there comes back to a hub that was restarted: one after another.
            let spread = u64::from(spread).min(SPREAD.0).saturating_add(1);
            wait = wait.saturating_add(self.random.below(spread));
        }
        let retry_at = Time(self.now.0.saturating_add(wait));
        if let Some(hub) = self.hubs.get_mut(at) {
            hub.link = None;
            hub.refuses = None;
            hub.state = LinkState::Closed;
            hub.attempts = hub.attempts.saturating_add(1);
            hub.retry_at = retry_at;
        }
        self.status_changed = true;
    }

    pub(super) fn hub_opened(&mut self, link: Link, peer: Identity) {
        let Some(hub) = self.hubs.iter_mut().find(|hub| hub.link == Some(link)) else { return };
        hub.state = LinkState::Open;
        hub.attempts = 0;
        let new = hub.identity.replace(peer) != Some(peer);
        if new {
            self.save_hubs();
        }
        self.name_hubs();
        self.announce_presence(link);
        self.retry_greetings_now();
    }

    /// A hub says that it was told to stop.
    pub(super) fn hub_leaves(&mut self, link: Link, spread: u32) {
        if let Some(hub) = self.hubs.iter_mut().find(|hub| hub.link == Some(link)) {
            hub.spread = Some(spread);
        }
    }

    /// A peer refuses something.
    pub(super) fn was_refused(&mut self, link: Link, about: u32, code: ErrorCode) {
        self.hub_refuses(link, code);
        self.link_refused(link, about, code);
        self.refused_by(link, about);
    }

    /// A hub says that it keeps something not.
    fn hub_refuses(&mut self, link: Link, code: ErrorCode) {
        let refusal = match code {
            ErrorCode::EntryQuota => HubRefusal::Entries,
            ErrorCode::Full => HubRefusal::Disk,
            _ => return,
        };
        if let Some(hub) = self.hubs.iter_mut().find(|hub| hub.link == Some(link)) {
            hub.refuses = Some(refusal);
            self.status_changed = true;
        }
    }

    /// Names on the account's feed where this person can be met, once it changed.
    pub(super) fn name_hubs(&mut self) {
        let Some(state) = self.my_synod().and_then(|synod| self.synods.get(&synod)) else { return };
        let hubs: Vec<Hub> = self
            .hubs
            .iter()
            .filter_map(|hub| Some(Hub { identity: hub.identity?, origin: hub.origin.clone() }))
            .collect();
        // Before a hub has proven its key it cannot be named; when the last is given up, none is.
        let named = !hubs.is_empty() || self.hubs.is_empty();
        if state.begun() && state.hubs != hubs && named && self.is_member() {
            self.publish_hubs(hubs);
        }
    }

    // Presence.

    /// Devices of people who are followed: they may know that this one is here.
    fn acquaintances(&self) -> Vec<Identity> {
        let me = self.me;
        let mut accounts: Vec<Identity> = self.relations.all(Relation::Follow).collect();
        accounts.extend(self.my_synod());
        accounts
            .iter()
            .filter(|synod| !self.is_blocked(synod))
            .filter_map(|synod| self.synods.get(synod))
            .flat_map(|state| state.devices.keys().copied())
            .filter(|device| *device != me)
            .take(WATCHING)
            .collect()
    }

    /// Whether a device belongs to somebody who is followed, or to this person.
    pub(super) fn acquaintance(&self, device: Identity) -> bool {
        self.acquaintances().contains(&device)
    }

    pub(super) fn announce_presence(&mut self, link: Link) {
        let watch = self.acquaintances();
        // One list replaces the one before, so it has to be whole: the bound is above a list's.
        self.send(link, &Message::Online { watch: watch.into_iter().take(LIST).collect() });
    }

    /// Tells every hub who may know of this device, after that has changed: at once, and where many
    /// are new in a row then once for all that follow within a moment.
    pub(super) fn share_presence(&mut self) {
        let links: Vec<Link> = self.hubs.iter().filter_map(|hub| hub.link).collect();
        let was_told = self.presence_at > self.now;
        if !was_told {
            self.presence_at = self.now.after(PRESENCE);
        }
        for link in links {
            let is_open = self.links.get(&link).is_some_and(|conn| conn.peer().is_some());
            if is_open && !was_told {
                self.announce_presence(link);
            } else if is_open {
                self.index.later.arm((link, Later::Presence), self.presence_at);
            }
        }
    }

    /// At a hub: somebody is here, and says who may know it.
    pub(super) fn came_online(&mut self, link: Link, watch: Vec<Identity>) {
        let Some(me) = self.links.get(&link).and_then(Conn::peer) else { return };
        if !self.is_hub() || watch.len() > WATCHING {
            self.fault(link, 0, ErrorCode::Forbidden);
            return;
        }
        let new: BTreeSet<Identity> = watch.into_iter().collect();
        let old = self
            .links
            .get_mut(&link)
            .map(|conn| std::mem::replace(&mut conn.watching, new.clone()))
            .unwrap_or_default();
        let mut here = BTreeSet::new();
        for (other, peer) in self.mutual(link, me, &new) {
            here.insert(peer);
            if !old.contains(&peer) {
                self.send(other, &Message::PresenceList { identities: vec![me] });
            }
        }
        // Who is no longer listed no longer hears, and is told so once.
        let dropped: BTreeSet<Identity> = old.difference(&new).copied().collect();
        for (other, _) in self.mutual(link, me, &dropped) {
            self.send(other, &Message::Offline { identity: me });
        }
        let identities = here.into_iter().take(LIST).collect();
        self.send(link, &Message::PresenceList { identities });
    }

    /// Connections of those who are listed and list this device too.
    fn mutual(
        &self,
        link: Link,
        me: Identity,
        listed: &BTreeSet<Identity>,
    ) -> Vec<(Link, Identity)> {
        let ways =
            listed.iter().flat_map(|peer| self.index.peers.of(*peer).map(|way| (way, *peer)));
        let lists_me = |way| self.links.get(&way).is_some_and(|conn| conn.watching.contains(&me));
        ways.filter(|(way, _)| *way != link && lists_me(*way)).collect()
    }

    /// At a hub: a connection is gone. At a person's device: the hub is.
    pub(super) fn forget_presence(&mut self, link: Link, conn: &Conn, peer: Identity) {
        if self.is_hub() && !self.index.peers.any(peer) {
            for (other, _) in self.mutual(link, peer, &conn.watching) {
                self.send(other, &Message::Offline { identity: peer });
            }
        }
        for over in self.present.values_mut() {
            over.remove(&link);
        }
        self.present.retain(|_, over| !over.is_empty());
    }

    pub(super) fn are_present(&mut self, link: Link, identities: Vec<Identity>) {
        if !self.links.get(&link).is_some_and(Conn::is_hub) || identities.len() > LIST {
            self.fault(link, 0, ErrorCode::Forbidden);
            return;
        }
        let known: BTreeSet<Identity> = self.acquaintances().into_iter().collect();
        let here: Vec<Identity> =
            identities.into_iter().filter(|identity| known.contains(identity)).collect();
        for identity in &here {
            self.present.entry(*identity).or_default().insert(link);
        }
        self.reach_out();
        self.retry_greetings_now();
        self.shares_reach(&here);
    }

    pub(super) fn gone(&mut self, link: Link, identity: Identity) {
        if let Some(over) = self.present.get_mut(&identity) {
            over.remove(&link);
            if over.is_empty() {
                self.present.remove(&identity);
            }
        }
        self.tries.remove(&identity);
        self.status_changed = true;
    }

    // Direct ways.

    /// Offers a direct way to every device that is present and has none. Of two devices the one
    /// with the smaller key offers, so that they never offer to each other at once.
    pub(super) fn reach_out(&mut self) {
        let now = self.now;
        let wanted: Vec<(Identity, Link)> = self
            .present
            .iter()
            .filter(|(peer, _)| self.me < **peer)
            .filter(|(peer, _)| !self.has_way(peer))
            .filter(|(peer, _)| self.tries.get(peer).is_none_or(|(_, at)| *at <= now))
            .filter_map(|(peer, over)| Some((*peer, *over.first()?)))
            .take(WAYS.saturating_sub(self.direct.len()))
            .collect();
        for (peer, over) in wanted {
            let link = self.new_link();
            let attempt = HEXLOWER.encode(&self.random.bytes::<16>());
            let until = now.after(ARRANGE);
            let arranged = Arranged::Hub(over);
            self.direct.insert(link, Direct { arranged, peer, attempt, until, open: false });
            self.outbox.push_back(Output::Rtc(link, RtcAction::Offer));
        }
    }

    /// Whether there is a direct way to a device, or one on its way. One that waits for people does not
    /// count: they may never come to it.
    fn has_way(&self, peer: &Identity) -> bool {
        let waits = |direct: &Direct| !direct.open && matches!(direct.arranged, Arranged::Hand(_));
        self.direct.values().any(|direct| direct.peer == *peer && !waits(direct))
    }

    pub(super) fn rtc_event(&mut self, link: Link, event: RtcEvent) {
        let Some(direct) = self.direct.get(&link) else { return };
        let Arranged::Hub(over) = direct.arranged else {
            return self.found_for_hand(link, event);
        };
        let (peer, attempt) = (direct.peer, direct.attempt.clone());
        let signal = match event {
            RtcEvent::Candidate { candidate, line, mid } => {
                Signal::Candidate { attempt, candidate, line, mid }
            }
            RtcEvent::Description(sdp) if self.me < peer => Signal::Offer { attempt, sdp },
            RtcEvent::Description(sdp) => Signal::Answer { attempt, sdp },
        };
        self.write_letter(over, peer, &signal);
    }

    pub(super) fn direct_opened(&mut self, link: Link, peer: Identity) {
        let Some(direct) = self.direct.get_mut(&link) else { return };
        // The other side proved another key than the one that was written to.
        if direct.peer != peer {
            self.close(link);
            return;
        }
        direct.open = true;
        self.tries.remove(&peer);
        if matches!(direct.arranged, Arranged::Hand(_)) {
            self.hand_ends(peer, HandStep::Met);
        }
    }

    pub(super) fn direct_gone(&mut self, link: Link) {
        let Some(direct) = self.direct.remove(&link) else { return };
        if !direct.open && matches!(direct.arranged, Arranged::Hand(_)) {
            self.hand_ends(direct.peer, HandStep::Vain);
        }
        let attempts = self.tries.get(&direct.peer).map_or(0, |(attempts, _)| *attempts);
        let wait = self.backoff(attempts.saturating_add(1));
        let at = Time(self.now.0.saturating_add(wait));
        self.tries.insert(direct.peer, (attempts.saturating_add(1), at));
    }

    pub(super) fn retry_direct(&mut self) {
        let now = self.now;
        let late: Vec<Link> = self
            .direct
            .iter()
            .filter(|(_, direct)| !direct.open && direct.until <= now)
            .map(|(link, _)| *link)
            .collect();
        late.into_iter().for_each(|link| self.close(link));
        self.reach_out();
    }

    pub(super) fn direct_due(&self) -> Option<Time> {
        let arranging = self.direct.values().filter(|direct| !direct.open);
        let trying = self.tries.iter().filter(|(peer, _)| {
            self.me < **peer && self.present.contains_key(peer) && !self.has_way(peer)
        });
        arranging.map(|direct| direct.until).chain(trying.map(|(_, (_, at))| *at)).min()
    }

    // Letters.

    pub(super) fn write_letter(&mut self, over: Link, to: Identity, signal: &Signal) {
        if let Some(letter) = self.sealed(to, signal) {
            self.send(over, &Message::MessageTo { letter });
        }
    }

    /// A letter to a device that is known.
    pub(super) fn sealed(&mut self, to: Identity, signal: &Signal) -> Option<Letter> {
        let mut known = self.synods.values();
        let key = known.find_map(|state| state.devices.get(&to))?.sealing_key;
        let text = serde_json::to_vec(signal).ok()?;
        let secret = self.secret();
        seal_letter(&text, &secret, to, &key, self.clock, &mut self.random).ok()
    }

    /// At a hub: passes a letter on. It can read sender, receiver and size, and change nothing.
    pub(super) fn pass_on(&mut self, link: Link, letter: Letter) {
        let from = self.links.get(&link).and_then(Conn::peer);
        if !self.is_hub() || from != Some(letter.from) {
            self.fault(link, 0, ErrorCode::Forbidden);
            return;
        }
        // The newest way: older ones may lead to a network that the device has left.
        let to = self.index.peers.of(letter.to).next_back();
        let Some((to, conn)) = to.and_then(|to| Some((to, self.links.get(&to)?))) else {
            self.send(link, &Message::Error { about: 0, code: ErrorCode::Offline });
            return;
        };
        let most = if conn.watching.contains(&letter.from) { LETTER } else { STRANGE_LETTER };
        if letter.sealed.len() > most {
            self.send(link, &Message::Error { about: 0, code: ErrorCode::TooMuch });
            return;
        }
        self.send(to, &Message::MessageFrom { letter });
    }

    /// The same, without reading it.
    pub(super) fn pass_as_it_is(&mut self, link: Link, passing: &Passing) {
        let from = self.links.get(&link).and_then(Conn::peer);
        let Some(from) = from.filter(|_| self.index.names.contains(passing.from(), link)) else {
            self.fault(link, 0, ErrorCode::Forbidden);
            return;
        };
        let to = self.index.names.of(passing.to()).next_back();
        let Some((to, conn)) = to.and_then(|to| Some((to, self.links.get(&to)?))) else {
            // Nobody who is here, or nobody at all: that can only be told by reading it.
            let message = Message::decode_text(passing.text());
            self.received(link, message);
            return;
        };
        let most = if conn.watching.contains(&from) { LETTER } else { STRANGE_LETTER };
        if passing.sealed() > most {
            self.send(link, &Message::Error { about: 0, code: ErrorCode::TooMuch });
            return;
        }
        self.send_frame(to, passing.frame());
    }

    /// A letter came. What cannot be opened is passed over: the hub may have changed it, and is
    /// told nothing by how this device behaves.
    pub(super) fn letter(&mut self, link: Link, letter: &Letter) {
        if !self.links.get(&link).is_some_and(Conn::is_hub) {
            self.fault(link, 0, ErrorCode::Forbidden);
            return;
        }
        let Ok(text) = open_letter(letter, self.me, &self.keys.sealing, self.clock) else { return };
        let Ok(signal) = serde_json::from_slice::<Signal>(&text) else { return };
        let from = letter.from;
        match signal {
            Signal::Answer { attempt, sdp } if sdp.len() <= DESCRIPTION => {
                if let Some(link) = self.attempt(from, &attempt) {
                    let action = RtcAction::TakeAnswer { answer: sdp };
                    self.outbox.push_back(Output::Rtc(link, action));
                }
            }
            Signal::Candidate { attempt, candidate, line, mid }
                if candidate.len() <= CANDIDATE && mid.len() <= CANDIDATE =>
            {
                if let Some(link) = self.attempt(from, &attempt) {
                    let action = RtcAction::Candidate { candidate, line, mid };
                    self.outbox.push_back(Output::Rtc(link, action));
                }
            }
            Signal::Greet { synod, token } => self.greeted_by(link, from, synod, token.as_deref()),
            Signal::Greeted { follows } => self.greeting_arrived(from, follows),
            Signal::Offer { attempt, sdp } => self.offered_way(link, from, attempt, sdp),
            Signal::Share { sealed } => self.share_came(link, from, &sealed),
            Signal::ShareNoted { set } => self.share_noted(from, set),
            Signal::ShareState { held, set } => self.share_answered(link, from, set, held),
            Signal::ShareVoid { set } => self.share_voided(link, from, set),
            Signal::Answer { .. } | Signal::ByHand { .. } | Signal::Candidate { .. } => (),
        }
    }

    /// The connection of an attempt, if it is with this device.
    pub(super) fn attempt(&self, peer: Identity, attempt: &str) -> Option<Link> {
        let mut all = self.direct.iter();
        all.find(|(_, direct)| direct.peer == peer && direct.attempt == attempt)
            .map(|(link, _)| *link)
    }

    /// Whether an attempt was answered already: a hub may deliver a letter again, and that must not
    /// cost the way there is. Also where too many are remembered.
    fn was_answered(&mut self, peer: Identity, attempt: &str) -> bool {
        let now = self.now;
        self.answered.retain(|_, at| now.since(*at) < REMEMBERED);
        let of_peer = self.answered.keys().filter(|(of, _)| *of == peer).count();
        self.answered.len() >= ANSWERED
            || of_peer >= ANSWERED_OF_PEER
            || self.answered.contains_key(&(peer, attempt.to_owned()))
    }

    /// Notes an attempt that is to be answered; whether it is the first time.
    pub(super) fn is_new_attempt(&mut self, peer: Identity, attempt: &str) -> bool {
        let is_new = attempt.len() <= ATTEMPT && !self.was_answered(peer, attempt);
        if is_new {
            self.answered.insert((peer, attempt.to_owned()), self.now);
        }
        is_new
    }

    /// Somebody offers a direct way: taken from those who are followed, for it shows addresses.
    fn offered_way(&mut self, over: Link, peer: Identity, attempt: String, offer: String) {
        if !self.acquaintance(peer) || peer > self.me {
            return;
        }
        if attempt.len() > ATTEMPT || offer.len() > DESCRIPTION {
            return;
        }
        if self.was_answered(peer, &attempt) {
            return;
        }
        // A new offer means that the other side has lost the way there was.
        let old: Vec<Link> = self
            .direct
            .iter()
            .filter(|(_, direct)| direct.peer == peer)
            .map(|(link, _)| *link)
            .collect();
        if old.is_empty() && self.direct.len() >= WAYS {
            return;
        }
        self.answered.insert((peer, attempt.clone()), self.now);
        old.into_iter().for_each(|link| self.close(link));
        let link = self.new_link();
        let until = self.now.after(ARRANGE);
        let arranged = Arranged::Hub(over);
        self.direct.insert(link, Direct { arranged, peer, attempt, until, open: false });
        self.outbox.push_back(Output::Rtc(link, RtcAction::Answer { offer }));
    }
}
