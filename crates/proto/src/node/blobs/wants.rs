//! What is wanted of others, and who has it: within a bound, and fairly among the accounts whose
//! contents it is of.

use effigy_core::limits::BLOB_BYTES;
use effigy_core::{Cid, Identity};

use super::large::WINDOW;
use super::turns::Turn;
use super::{SHARE, TURNS, WANTS, blob_key};
use crate::api::{ContentKind, Named};
use crate::io::Link;
use crate::message::{ErrorCode, LIST, Message, lists};
use crate::node::Node;
use crate::node::state::{Claim, ContentState, Pending, Want};

/// How many of those that are asked for are looked at to find one that gives its place away.
const LOOK_BACK: usize = 32;

/// What of a content is not here.
enum Lack {
    /// These blobs, and lists that are here and have to be read.
    Blobs(Vec<(Cid, Claim)>, Vec<Cid>),
    /// It can be none: what is here under a name of it has another size.
    Contradiction,
    /// Which blobs it has is not known before its manifest is read.
    Manifest,
    /// Nothing.
    Nothing,
}

impl Node {
    /// Wants whatever of a content is not here, as soon as it has its turn.
    pub(in crate::node) fn want_content(&mut self, named: Named) {
        if self.is_full() {
            return;
        }
        if self.turn_of(&named) == Some(Turn::Asked) {
            let mut new = Vec::new();
            self.ask_missing(named, &mut new);
            self.ask_for_blobs(&new);
        } else {
            self.line_up(named);
        }
        self.refill();
    }

    /// Puts a content that is not here behind those that wait already.
    pub(in crate::node) fn line_up(&mut self, named: Named) {
        let Some(content) = self.contents.get_mut(&named) else { return };
        let waits = matches!(content.turn, Turn::Waiting(_) | Turn::Asked);
        if content.state == ContentState::Missing && !waits {
            self.turns.end(named, content.turn, content.owners.keys());
            content.turn = self.turns.line_up(named, content.owners.keys());
        }
    }

    /// A screen waits for it: it goes before all others.
    pub(super) fn hurry(&mut self, named: Named) {
        self.line_up(named);
        let Some(content) = self.contents.get(&named) else { return };
        let Turn::Waiting(_) = content.turn else { return };
        let Some(owner) = content.owners.keys().next().copied() else { return };
        if self.wants.len() >= WANTS {
            let oldest = self.turns.oldest().take(LOOK_BACK).find(|one| !self.has_source(one));
            oldest.into_iter().for_each(|one| self.rest(one));
        }
        let mut new = Vec::new();
        self.begin_turn(named, owner, &mut new);
        self.ask_for_blobs(&new);
    }

    /// Gives turns to those that wait, as long as there is room.
    pub(in crate::node) fn refill(&mut self) {
        if !self.ready || self.is_full() {
            return;
        }
        let mut new = Vec::new();
        while self.turns.asked() < TURNS && (self.wants.len() < WANTS || self.make_way()) {
            let Some((account, named)) = self.turns.next(SHARE) else { break };
            self.begin_turn(named, account, &mut new);
        }
        self.ask_for_blobs(&new);
    }

    /// Takes a place from whoever has most of them, unless those that wait have as many.
    fn make_way(&mut self) -> bool {
        let spare = self.turns.greediest().take(LOOK_BACK).find(|one| !self.has_source(one));
        spare.into_iter().for_each(|one| self.rest(one));
        self.wants.len() < WANTS
    }

    fn begin_turn(&mut self, named: Named, account: Identity, new: &mut Vec<Cid>) {
        let Some(content) = self.contents.get_mut(&named) else { return };
        self.turns.end(named, content.turn, content.owners.keys());
        content.turn = self.turns.begin(named, account, self.now);
        self.ask_missing(named, new);
    }

    /// Asks for whatever of a content is not here, which has its turn.
    fn ask_missing(&mut self, named: Named, new: &mut Vec<Cid>) {
        let (blobs, lists) = match self.lack(&named) {
            Lack::Blobs(blobs, lists) => (blobs, lists),
            Lack::Contradiction => return self.refuse(named),
            Lack::Manifest => {
                return self.load(blob_key(&named.cid), Pending::Manifest { content: named });
            }
            Lack::Nothing => return self.check_content(named),
        };
        let Some(payer) = self.turns.payer(&named) else { return };
        let mut asked = !lists.is_empty();
        lists.into_iter().for_each(|list| self.read_list(named, list));
        // Of long content the next pieces are asked for when there are some of them.
        let open = blobs.iter().filter(|(cid, _)| self.is_claimed(cid, &named)).count();
        let fresh = blobs.len().saturating_sub(open);
        if open >= WINDOW / 4 && fresh < WINDOW / 4 {
            return;
        }
        for (cid, claim) in blobs {
            if !self.wants.contains_key(&cid) {
                if self.wants.len() >= WANTS {
                    break;
                }
                self.wants.insert(cid, Want::new(payer));
                self.turns.count(payer, true);
                new.push(cid);
            }
            let want = self.wants.get_mut(&cid);
            want.map(|want| want.claims.insert(named, claim));
            asked = true;
        }
        if !asked {
            self.stop_asking_for(named);
            self.line_up(named);
        }
    }

    fn lack(&self, named: &Named) -> Lack {
        let Some(content) = self.contents.get(named) else { return Lack::Nothing };
        if content.tree.is_some() {
            let missing = self.missing_of(named, content);
            return match missing {
                _ if missing.is_contradiction => Lack::Contradiction,
                _ if missing.blobs.is_empty() && missing.lists.is_empty() => Lack::Nothing,
                _ => Lack::Blobs(missing.blobs, missing.lists),
            };
        }
        if content.pieces.is_empty() {
            let claim = Claim { size: None, place: 0 };
            let is_here = self.here.contains_key(&named.cid);
            let list = Lack::Blobs(vec![(named.cid, claim)], Vec::new());
            return if is_here { Lack::Manifest } else { list };
        }
        let mut missing = Vec::new();
        for (piece, size) in &content.pieces {
            match self.here.get(piece) {
                Some(here) if here.size != *size => return Lack::Contradiction,
                Some(_) => (),
                None => missing.push((*piece, Claim { size: Some(*size), place: 0 })),
            }
        }
        if missing.is_empty() { Lack::Nothing } else { Lack::Blobs(missing, Vec::new()) }
    }

    /// Nothing of a content is asked for any more, nor waited for.
    pub(super) fn stop_asking_for(&mut self, named: Named) {
        let Some(content) = self.contents.get_mut(&named) else { return };
        let turn = std::mem::take(&mut content.turn);
        self.turns.end(named, turn, content.owners.keys());
        let names: Vec<Cid> = self.asked_of(&named).collect();
        names.iter().for_each(|cid| self.unclaim(cid, &named));
    }

    fn is_claimed(&self, cid: &Cid, named: &Named) -> bool {
        self.wants.get(cid).is_some_and(|want| want.claims.contains_key(named))
    }

    /// The blobs of a content that are asked for.
    pub(super) fn asked_of(&self, named: &Named) -> impl Iterator<Item = Cid> {
        let content = self.contents.get(named);
        let is_long = content.is_some_and(|content| content.tree.is_some());
        let pieces = content.into_iter().flat_map(|content| &content.pieces);
        let names: Vec<Cid> = if is_long {
            self.wants.keys().copied().collect()
        } else {
            pieces.map(|(piece, _)| *piece).chain([named.cid]).collect()
        };
        let asked: Vec<Cid> = names.into_iter().filter(|cid| self.is_claimed(cid, named)).collect();
        asked.into_iter()
    }

    fn unclaim(&mut self, cid: &Cid, named: &Named) {
        let Some(want) = self.wants.get_mut(cid) else { return };
        want.claims.remove(named);
        if !want.claims.is_empty() {
            return;
        }
        let asked = want.asked;
        self.remove_want(cid);
        // Or who was asked would be waited for, and asked for less and less.
        if let Some((link, request, _)) = asked {
            if let Some(conn) = self.links.get_mut(&link) {
                conn.fetching.remove(&request);
            }
            self.send(link, &Message::Cancel { request });
        }
    }

    /// A blob is wanted no more.
    pub(super) fn remove_want(&mut self, cid: &Cid) -> Option<Want> {
        let want = self.wants.remove(cid)?;
        self.turns.count(want.payer, false);
        self.index.wants.disarm(*cid);
        for link in want.sources.keys() {
            self.links.get_mut(link).map(|conn| conn.offers.remove(cid));
        }
        Some(want)
    }

    /// Whether anybody has something of a content that is asked for.
    fn has_source(&self, named: &Named) -> bool {
        let has = |cid| self.wants.get(&cid).is_some_and(|want| !want.sources.is_empty());
        self.asked_of(named).any(has)
    }

    /// Nobody had a content in its turn: it rests, and is asked for again later.
    fn rest(&mut self, named: Named) {
        self.stop_asking_for(named);
        let Some(content) = self.contents.get_mut(&named) else { return };
        content.turn = self.turns.rest(named, content.owners.keys(), content.vain, self.now);
        content.vain = content.vain.saturating_add(1);
    }

    /// Lets a content rest that nobody has who is asked.
    pub(super) fn rest_without_source(&mut self, named: Named) {
        if self.turn_of(&named) == Some(Turn::Asked) && !self.has_source(&named) {
            self.rest(named);
        }
    }

    /// Ends turns in which nobody had anything, while others wait; and rests.
    pub(in crate::node) fn retry_turns(&mut self) {
        let now = self.now;
        for named in self.turns.rested(now) {
            self.line_up(named);
        }
        for named in self.turns.overdue(now) {
            if self.has_source(&named) {
                self.turns.renew(named, now);
            } else {
                self.rest(named);
            }
        }
        self.refill();
    }

    /// Somebody came who may have what these accounts, or any, point to: nothing of it rests any more.
    pub(in crate::node) fn rouse(&mut self, account: Option<Identity>) {
        for named in self.turns.resting(account) {
            self.line_up(named);
        }
        self.refill();
    }

    /// Asks everybody whom they may concern for blobs.
    fn ask_for_blobs(&mut self, cids: &[Cid]) {
        if cids.is_empty() {
            return;
        }
        let wants = cids.iter().filter_map(|cid| self.wants.get(cid));
        let contents = wants.flat_map(|want| want.claims.keys());
        let owners = contents.filter_map(|content| self.contents.get(content));
        for link in self.concerned(owners.flat_map(|content| content.owners.keys())) {
            self.ask_link_for(link, cids);
        }
    }

    fn ask_link_for(&mut self, link: Link, cids: &[Cid]) {
        let Some(conn) = self.links.get(&link) else { return };
        let concerned = |cid: &&Cid| {
            let Some(want) = self.wants.get(cid) else { return false };
            let mut owners = want.claims.keys().filter_map(|content| self.contents.get(content));
            owners.any(|content| content.owners.keys().any(|owner| self.concerns(conn, owner)))
        };
        let asked: Vec<Cid> = cids.iter().filter(concerned).copied().collect();
        for cids in lists(&asked) {
            self.send(link, &Message::IWant { cids });
        }
    }

    /// Tells a new peer what is wanted here.
    pub(in crate::node) fn ask_blobs(&mut self, link: Link) {
        let wanted: Vec<Cid> = self.wants.keys().copied().collect();
        self.ask_link_for(link, &wanted);
    }

    /// A peer has blobs.
    pub(in crate::node) fn offered(&mut self, link: Link, blobs: &[(Cid, u64)]) {
        if blobs.len() > LIST {
            self.fault(link, 0, ErrorCode::TooMuch);
            return;
        }
        let mut wrong = false;
        for (cid, size) in blobs {
            wrong |= *size > BLOB_BYTES as u64;
            if !self.wants.contains_key(cid) {
                self.have_turn_now(cid);
            }
            let Some(want) = self.wants.get_mut(cid) else { continue };
            let Some(size) = want.fitting(*size) else {
                // Whoever wrote the entry may have said a wrong size, and only its own word is its fault.
                let claims = want.claims.keys();
                let mut owners = claims.filter_map(|content| self.contents.get(content));
                let account = self.links.get(&link).and_then(|conn| conn.claimed());
                let is_own = |owner: &Identity| Some(*owner) == account;
                wrong |= owners.all(|content| content.owners.keys().all(is_own));
                continue;
            };
            want.sources.insert(link, size);
            for content in want.claims.keys() {
                self.contents.get_mut(content).into_iter().for_each(|content| content.vain = 0);
            }
            if let Some(conn) = self.links.get_mut(&link) {
                conn.offers.insert(*cid);
            }
            self.tell_transfers(*cid);
        }
        if wrong {
            self.fault(link, 0, ErrorCode::TooMuch);
        }
        self.fetch(link);
    }

    /// Somebody has a blob of which nothing is asked, perhaps because nobody had it: now it is time.
    fn have_turn_now(&mut self, cid: &Cid) {
        let first = Named { cid: *cid, size: 0, kind: ContentKind::Picture };
        let last = Named { cid: *cid, size: u64::MAX, kind: ContentKind::File };
        let waits = |turn| matches!(turn, Turn::Waiting(_) | Turn::Resting);
        let named = self.contents.range(first..=last).filter(|(_, content)| waits(content.turn));
        let named: Vec<Named> = named.map(|(named, _)| *named).collect();
        named.into_iter().for_each(|named| self.hurry(named));
    }

    fn turn_of(&self, named: &Named) -> Option<Turn> {
        self.contents.get(named).map(|content| content.turn)
    }
}

impl Want {
    /// The size that an offer says, if it is one that this blob may have.
    fn fitting(&self, size: u64) -> Option<u32> {
        let size = u32::try_from(size).ok().filter(|size| *size as usize <= BLOB_BYTES)?;
        let fits = |claim: &Claim| claim.size.is_none_or(|claim| claim == size);
        self.claims.values().any(fits).then_some(size)
    }
}
