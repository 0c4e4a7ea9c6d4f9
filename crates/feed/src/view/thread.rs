//! What hangs from an entry: answers, answers to answers, and the places of those that are missing.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::Cid;

use super::{Post, Said, View};
use crate::chain::Order;
use crate::relations::Relation;

/// An answer in a thread. They come in the order in which they are read: each before what answers it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Reply {
    /// How many answers there are between it and what was asked for.
    pub depth: usize,
    /// The id of the entry.
    pub id: Cid,
    /// Whether it can be shown.
    pub state: ReplyState,
}

/// Whether an answer can be shown.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ReplyState {
    /// It is here.
    Here,
    /// It never came, but an answer to it did.
    Missing,
    /// Its author took it back, but others had answered.
    TakenBack,
}

impl View {
    /// What hangs from an entry, oldest first within each answer. For the beginning of a thread, answers
    /// whose own place in it never came hang from [`ReplyState::Missing`] ones.
    pub fn replies(&self, id: &Cid) -> Vec<Reply> {
        let mut found = Vec::new();
        // What is yet to be walked, the next at the end: a long chain of answers costs no stack.
        let mut ahead: Vec<Reply> = self.first_replies(id);
        while let Some(reply) = ahead.pop() {
            found.push(reply);
            let depth = reply.depth.saturating_add(1);
            let below = self.answers_to(&reply.id).rev();
            ahead.extend(below.filter_map(|post| self.reply(post, depth)));
        }
        without_bare_ends(found)
    }

    /// How many answers that can be shown hang from an entry.
    pub fn reply_count(&self, id: &Cid) -> usize {
        self.replies(id).iter().filter(|reply| reply.state == ReplyState::Here).count()
    }

    /// What answers the entry itself, the last first.
    fn first_replies(&self, id: &Cid) -> Vec<Reply> {
        let mut first: Vec<(Order, Reply)> = self
            .answers_to(id)
            .filter_map(|post| Some((post.order, self.reply(post, 0)?)))
            .collect();
        // What is missing stands where the first that answers it would.
        let mut missing: BTreeMap<Cid, Order> = BTreeMap::new();
        let of_thread = self.names(id).filter_map(|name| self.threads.get(&name)).flatten();
        for order in of_thread.collect::<BTreeSet<_>>() {
            let Some(post) = self.posts.get(&order.1) else { continue };
            let Said::Comment { parent, .. } = post.said else { continue };
            let is_new = parent != *id && !self.ids.contains_key(&parent);
            if is_new && self.reply(post, 0).is_some() {
                missing.entry(parent).or_insert(post.order);
            }
        }
        first.extend(
            missing
                .into_iter()
                .map(|(id, order)| (order, Reply { depth: 0, id, state: ReplyState::Missing })),
        );
        first.sort_by_key(|(order, _)| std::cmp::Reverse(*order));
        first.into_iter().map(|(_, reply)| reply).collect()
    }

    /// The answers to an entry, oldest first.
    fn answers_to(&self, id: &Cid) -> impl DoubleEndedIterator<Item = &Post> {
        let orders = self.names(id).filter_map(|name| self.replies.get(&name)).flatten();
        let orders: BTreeSet<&Order> = orders.collect();
        orders.into_iter().filter_map(|order| self.posts.get(&order.1))
    }

    /// An answer at its place; `None` for those of somebody muted or blocked, and what hangs from them.
    fn reply(&self, post: &Post, depth: usize) -> Option<Reply> {
        if self.relations.holds(Relation::Mute, &post.author) {
            return None;
        }
        let state = match (self.shows(post), self.taken_back(post)) {
            (true, _) => ReplyState::Here,
            (false, true) => ReplyState::TakenBack,
            (false, false) => return None,
        };
        Some(Reply { depth, id: post.id, state })
    }
}

/// An answer that cannot be shown keeps its place only while others hang from it.
fn without_bare_ends(found: Vec<Reply>) -> Vec<Reply> {
    let mut kept: Vec<Reply> = Vec::with_capacity(found.len());
    for reply in found.into_iter().rev() {
        let is_answered = kept.last().is_some_and(|next| next.depth > reply.depth);
        if reply.state == ReplyState::Here || is_answered {
            kept.push(reply);
        }
    }
    kept.reverse();
    kept
}
