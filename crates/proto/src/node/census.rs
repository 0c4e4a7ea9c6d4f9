//! How full everything is that others can fill, each beside its bound: for whoever looks whether the
//! bounds hold.

use std::collections::VecDeque;

use effigy_core::Identity;
use effigy_core::limits::{WAITING, WAITING_BYTES};

use super::Node;
use super::state::Watches;

/// A list, queue or table of a node, how full it is, and how full it may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Filled {
    /// What is in it.
    pub what: &'static str,
    /// How many, or how many bytes, are in it; of several alike the fullest.
    pub count: usize,
    /// The most that may be.
    pub bound: usize,
}

impl Node {
    /// Everybody with whom nothing is had at the moment, because they misbehaved.
    pub fn shut_out(&self) -> impl Iterator<Item = Identity> + '_ {
        let now = self.now;
        self.shunned.iter().filter(move |(_, (_, until))| *until > now).map(|(peer, _)| *peer)
    }

    /// How full everything is that others can fill. Looks at every connection and feed.
    pub fn census(&self) -> Vec<Filled> {
        let filled = |what, count, bound| Filled { what, count, bound };
        let met = if self.is_hub() { super::meeting::MET } else { super::meeting::MET_BY_PERSON };
        let mut census = vec![
            filled("entries that wait", self.waiting.len(), WAITING),
            filled("bytes of entries that wait", self.waiting.bytes(), WAITING_BYTES),
            filled("entries without what they say", self.bare.len(), super::gaps::BARE),
            filled("wanted blobs", self.wants.len(), super::blobs::WANTS),
            filled("contents that have their turn", self.turns.asked(), super::blobs::TURNS),
            filled("accounts to be given up", self.upkeep.leaving(), self.accounts_here()),
            filled("attachments", self.attached.len(), super::blobs::UPLOADS),
            filled("who gave and took", self.ledger.len(), super::blobs::LEDGER),
            filled("direct ways", self.direct.len(), super::hubs::WAYS),
            filled("answered attempts", self.answered.len(), super::hubs::ANSWERED),
            filled("doubts", self.doubts.len(), super::asking::DOUBTED),
            filled("who is shut out", self.shunned.len(), super::links::SHUNNED),
            filled("who was met", self.met.len(), met),
            filled("remembered lists", self.remembered.len(), super::changes::REMEMBERED),
            filled("followers", self.followers.len(), super::greet::FOLLOWERS),
            filled("meetings", self.meetings.len(), super::rendezvous::MEETINGS),
            filled("who knocks", self.knocking.len(), super::greet::KNOCKING),
            filled("shares of others", self.shares_kept(), super::shares::KEPT),
            filled("receipts", self.receipts.len(), super::status::HOLDERS),
            filled("feeds that went", self.marks.gone.len(), super::marks::GONE + 1),
            filled("names of the store", self.marks.names.len(), super::marks::NAMES + 1),
            filled("packs that become one", self.merging.len(), super::merging::MERGING),
            filled("what is to be done", self.outbox.len(), 0),
        ];
        census.extend(self.threads.census());
        census.extend(self.census_of_links());
        let saying = self.feeds.values().map(|held| held.remote.len()).max();
        let saying = saying.unwrap_or_default();
        let reads = self.reads.values().map(VecDeque::len).max();
        census.push(filled(
            "pieces that a screen waits for",
            reads.unwrap_or_default(),
            super::blobs::READS,
        ));
        census.push(filled("who speaks of a feed", saying, super::asking::SAYING));
        let parts = self.fetches.values().map(|fetch| fetch.parts.len()).max();
        // A part that came in pieces stands before the others.
        let most = super::asking::WINDOW + 1;
        census.push(filled("parts of a feed", parts.unwrap_or_default(), most));
        census
    }

    /// How many accounts something is here of, at most.
    fn accounts_here(&self) -> usize {
        self.members.len().saturating_add(self.feeds.len()).saturating_add(self.owned.len())
    }

    fn census_of_links(&self) -> Vec<Filled> {
        let most = |count: fn(&super::state::Conn) -> usize| {
            self.links.values().map(count).max().unwrap_or_default()
        };
        let filled = |what, count, bound| Filled { what, count, bound };
        let number = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        vec![
            filled("entries asked for", most(|conn| conn.asked.len()), super::asking::ASKING),
            filled("given up", most(|conn| conn.given_up.len()), super::asking::GIVEN_UP),
            filled("blobs looked for", most(|conn| conn.looking.len()), super::blobs::LOOKING),
            filled("blobs fetched", most(|conn| conn.fetching.len()), super::blobs::FETCHING),
            filled(
                "answers under way",
                most(|conn| usize::try_from(conn.serving).unwrap_or(usize::MAX)),
                number(super::serving::SERVING),
            ),
            filled(
                "frames under way",
                most(|conn| usize::try_from(conn.in_flight).unwrap_or(usize::MAX)),
                number(super::blobs::IN_FLIGHT),
            ),
            filled("presences", most(|conn| conn.watching.len()), super::hubs::WATCHING),
            filled(
                "watched feeds",
                most(|conn| match &conn.watches {
                    Watches::Listed(feeds) | Watches::AllBut(feeds) => feeds.len(),
                }),
                super::heads::WATCHES,
            ),
        ]
    }
}

impl super::gaps::Threads {
    fn census(&self) -> [Filled; 3] {
        let (gaps, loose, strangers) = self.sizes();
        [
            Filled { what: "gaps", count: gaps, bound: super::gaps::GAPS },
            Filled { what: "entries of strangers", count: loose, bound: super::gaps::LOOSE },
            Filled { what: "strangers", count: strangers, bound: super::gaps::STRANGERS },
        ]
    }
}
