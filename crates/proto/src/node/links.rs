//! Connections: opening, proving, routing what comes, noticing who is gone or misbehaves.

use effigy_core::{Identity, Span, Time};
use effigy_feed::planted::{self, Bug};

use super::Node;
use super::meeting::Told;
use super::serving::Wanted;
use super::state::{Conn, Later};
use crate::api::Path;
use crate::io::{Binding, Link, Output};
use crate::message::{ErrorCode, Garbage, Message, Name};
use crate::session::{Session, Step};

/// How long a beginning may take.
const BEGIN: Span = Span::seconds(10);
/// How often a quiet peer is asked whether it is there.
const PING: Span = Span::seconds(15);
/// How long a peer may be silent: two questions and five seconds for the answer, so that a dead wire is
/// noticed within 45 seconds also by a device that has much to do.
const SILENCE: Span = Span::seconds(35);
/// How many faults a peer may commit on one connection.
const FAULTS: u32 = 3;
/// Most peers of whom misbehaviour is remembered.
pub(super) const SHUNNED: usize = 1_000;

impl Node {
    pub(super) fn connected(&mut self, link: Link, binding: Binding, dialled: bool, path: Path) {
        let head = self.feeds.get(&self.me).and_then(|held| held.feed.head()).map(|head| head.id);
        let synod = self.my_synod().map(|synod| {
            let held = self.feeds.get(&synod);
            (synod, held.and_then(|held| held.feed.head()).map(|head| head.id))
        });
        let (session, say) =
            Session::begin(binding, dialled, self.me, head, synod, &mut self.random);
        let deadline = self.now.after(BEGIN);
        self.links.insert(link, Conn::new(dialled, path, session, self.now, deadline));
        self.index.links.arm(link, deadline);
        if let Some(message) = say {
            self.send(link, &message);
        }
        self.status_changed = true;
    }

    pub(super) fn disconnected(&mut self, link: Link) {
        self.hub_gone(link);
        self.direct_gone(link);
        self.link_gone(link);
        self.leave_meeting(link);
        self.keep_mark(link);
        self.drop_watches(link);
        self.index.later.disarm_all((link, Later::Ask)..=(link, Later::Account(u32::MAX)));
        let Some(conn) = self.links.remove(&link) else { return };
        self.forget_link(link, &conn);
        self.close_account(&conn);
        self.serves.retain(|_, serve| serve.link != link);
        self.release_wants(link, &conn);
        self.status_changed = true;
        let Some(peer) = conn.peer() else { return };
        self.forget_presence(link, &conn, peer);
        self.release_asking(link, &conn, peer);
        if let Some(synod) = conn.claimed() {
            self.see_off(synod);
        }
    }

    fn forget_link(&mut self, link: Link, conn: &Conn) {
        self.index.links.disarm(link);
        conn.looking.all().for_each(|cid| self.index.lookers.remove(*cid, link));
        conn.peer().into_iter().for_each(|peer| self.index.peers.remove(peer, link));
        if let Some(peer) = conn.peer().filter(|_| self.is_hub()) {
            self.index.names.remove(Name::of(&peer), link);
        }
        conn.claimed().into_iter().for_each(|synod| self.index.accounts.remove(synod, link));
    }

    pub(super) fn close(&mut self, link: Link) {
        self.outbox.push_back(Output::Close(link));
        self.disconnected(link);
    }

    pub(super) fn received(&mut self, link: Link, message: Result<Message, Garbage>) {
        let now = self.now;
        let Some(conn) = self.links.get_mut(&link) else { return };
        conn.heard = now;
        match message {
            Err(garbage) => {
                self.doubt_link(link);
                self.fault(link, 0, garbage.code());
            }
            Ok(message) => {
                conn.bytes_in = conn.bytes_in.saturating_add(message.weight());
                if conn.peer().is_some() {
                    self.dispatch(link, message);
                } else {
                    self.greet_session(link, &message);
                }
            }
        }
    }

    fn greet_session(&mut self, link: Link, message: &Message) {
        let secret = self.secret();
        let Some(session) = self.links.get_mut(&link).and_then(|conn| conn.session.as_mut()) else {
            return;
        };
        match session.take(message, &secret) {
            Step::Say(say) => say.iter().for_each(|message| self.send(link, message)),
            Step::Opened(say) => {
                say.iter().for_each(|message| self.send(link, message));
                self.opened(link);
            }
            Step::Refuse(code) => {
                self.send(link, &Message::Error { about: 0, code });
                self.close(link);
            }
        }
    }

    fn opened(&mut self, link: Link) {
        let Some(conn) = self.links.get(&link) else { return };
        let (Some(peer), synod) = (conn.peer(), conn.claimed()) else { return };
        self.index.peers.insert(peer, link);
        if self.is_hub() {
            self.index.names.insert(Name::of(&peer), link);
        }
        synod.into_iter().for_each(|synod| self.index.accounts.insert(synod, link));
        let shunned = self.shunned.get(&peer).is_some_and(|(_, until)| *until > self.now);
        if shunned || synod.is_some_and(|synod| self.is_blocked(&synod)) {
            self.send(link, &Message::Error { about: 0, code: ErrorCode::Forbidden });
            self.close(link);
            return;
        }
        if let Some(synod) = synod {
            self.welcome(synod);
        }
        self.begin_talk(link);
        self.tell_full(link);
        self.hub_opened(link, peer);
        self.direct_opened(link, peer);
        self.link_reached(link);
        self.ask_blobs(link);
        self.ask_of_uploads(link);
        self.rouse(if self.is_hub() { synod } else { None });
        self.status_changed = true;
    }

    #[expect(clippy::too_many_lines, reason = "one line a message, and nothing else")]
    fn dispatch(&mut self, link: Link, message: Message) {
        if !matches!(message, Message::Provides { .. }) {
            self.provides_nothing(link);
        }
        match message {
            Message::Away { spread } => self.hub_leaves(link, spread),
            Message::Cancel { request } => self.cancel(link, request),
            Message::Changes { gone, heads, mark, more, request } => {
                self.changes_told(link, &Told { gone, heads, mark, more, request });
            }
            Message::Differences { missing, request } => {
                self.differences_came(link, request, &missing);
            }
            Message::Chunk { bytes, offset, request, size } => {
                self.chunk(link, request, offset, size, &bytes);
            }
            Message::Entries { identity, more, records, request } => {
                self.entries(link, identity, records, more, request);
            }
            Message::Error { about, code } => self.was_refused(link, about, code),
            Message::GetBlob { cid, max_size, offset, request } => {
                self.serve_blob(link, cid, offset, max_size, request);
            }
            Message::FindEntries { ids, request } => self.serve_found(link, &ids, request),
            Message::FoundEntries { records, request } => self.found(link, records, request),
            Message::GetChanges { request, since, watch } => {
                self.changes_asked(link, request, since, watch);
            }
            Message::GetEntries { after, generation, identity, limit, request, skip } => {
                let after = &after;
                let wanted = Wanted { after, generation, identity, limit, request, skip };
                self.serve_entries(link, &wanted);
            }
            Message::GetHeads { identities } => self.watch_heads(link, &identities),
            Message::GetSymbols { count, request } => self.symbols_asked(link, count, request),
            Message::IHave { blobs } => {
                self.uploaded(link, &blobs);
                self.offered(link, &blobs);
            }
            Message::IWant { cids } => self.looked_for(link, cids),
            Message::LastKnownHeads { heads } => self.told_heads(link, &heads),
            Message::LinkClaim { request, token } => self.link_claimed(link, request, token),
            Message::LinkClosed { why } => self.link_closed(link, why),
            Message::LinkMet => self.link_met(link),
            Message::LinkOpen { request, token } => self.link_opened_here(link, request, token),
            Message::LinkOpened { request } => self.link_shows(link, request),
            Message::LinkStep { step } => self.link_step(link, step),
            Message::MessageFrom { letter } => self.letter(link, &letter),
            Message::MessageTo { letter } => self.pass_on(link, letter),
            Message::Pass(passing) => self.pass_as_it_is(link, &passing),
            Message::Negentropy { bytes, request } => self.negentropy_came(link, request, &bytes),
            Message::Offline { identity } => self.gone(link, identity),
            Message::Online { watch } => self.came_online(link, watch),
            Message::Ping => self.send(link, &Message::Pong),
            Message::Pong => (),
            Message::PresenceList { identities } => self.are_present(link, identities),
            Message::Provides { feeds, services } => self.provided(link, &services, feeds),
            Message::SessionAuth { .. } | Message::SessionRequest(_) => {
                self.fault(link, 0, ErrorCode::Forbidden);
            }
            Message::Sketch { request, root, skip, symbols } => {
                self.sketch_came(link, request, root, skip.into(), symbols);
            }
            Message::States { request, states } => self.states_came(link, request, &states),
            Message::Unwatch { identities } => self.unwatch(link, &identities),
        }
    }

    /// Tells a peer what it did wrong. The third time the connection is closed, and the peer is
    /// shunned for longer each time.
    pub(super) fn fault(&mut self, link: Link, about: u32, code: ErrorCode) {
        self.send(link, &Message::Error { about, code });
        let Some(conn) = self.links.get_mut(&link) else { return };
        conn.faults = conn.faults.saturating_add(1);
        if conn.faults < FAULTS || planted::has(Bug::NeverShutOut) {
            return;
        }
        if let Some(peer) = conn.peer() {
            self.shun(peer);
        }
        self.close(link);
    }

    fn shun(&mut self, peer: Identity) {
        if self.shunned.len() >= SHUNNED {
            let first = self.shunned.iter().min_by_key(|(_, (_, until))| *until);
            if let Some(peer) = first.map(|(peer, _)| *peer) {
                self.shunned.remove(&peer);
            }
        }
        let now = self.now;
        let (times, until) = self.shunned.entry(peer).or_insert((0, now));
        *times = times.saturating_add(1);
        *until = now.after(Span::seconds(10_u64.saturating_mul(1 << (*times).min(9))));
    }

    /// Closes who does not prove itself or is silent; asks who is quiet.
    pub(super) fn check_links(&mut self) {
        let now = self.now;
        for link in self.index.links.due(now) {
            let Some(conn) = self.links.get_mut(&link) else { continue };
            let late = conn.peer().is_none() && conn.deadline <= now;
            if late || now.since(conn.heard) >= SILENCE {
                self.close(link);
                continue;
            }
            let quiet = now.since(conn.heard) >= PING && now.since(conn.pinged) >= PING;
            let ask = conn.peer().is_some() && quiet;
            if ask {
                conn.pinged = now;
            }
            let again = conn.due();
            self.index.links.arm(link, again);
            if ask {
                self.send(link, &Message::Ping);
            }
        }
    }

    /// Connections on which somebody proved themselves.
    pub(super) fn open_links(&self) -> Vec<Link> {
        let open = self.links.iter().filter(|(_, conn)| conn.peer().is_some());
        open.map(|(link, _)| *link).collect()
    }

    pub(super) fn new_link(&mut self) -> Link {
        self.next_link = self.next_link.saturating_add(1);
        Link(self.next_link)
    }

    /// Begins anew after a sleep: what the world says next is believed, whatever was.
    pub(super) fn wake(&mut self) {
        self.handle_wake_of_hubs();
        for link in self.open_links() {
            self.send(link, &Message::Ping);
        }
    }
}

impl Conn {
    /// When to look after the connection again, a quarter of a second later at most: many quiet ones
    /// are looked after at once.
    fn due(&self) -> Time {
        if self.peer().is_none() {
            return self.deadline;
        }
        Time(self.heard.max(self.pinged).after(PING).0 | 0xFF)
    }
}

impl Message {
    /// About how many bytes the message had on the wire.
    fn weight(&self) -> u64 {
        match self {
            Self::Chunk { bytes, .. } => (bytes.len() as u64).saturating_add(12),
            Self::Entries { records, .. } => records
                .iter()
                .map(|record| {
                    let payload = record.payload.as_ref().map_or(0, |(bytes, _)| bytes.len());
                    record.entry.bytes().len().saturating_add(payload) as u64
                })
                .sum(),
            _ => 128,
        }
    }
}
