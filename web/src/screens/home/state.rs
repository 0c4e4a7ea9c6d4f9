//! Which posts are shown, and which wait behind the pill because the person reads further down.

use effigy_core::{Cid, Identity};
use effigy_feed::{Order, View};

/// What is shown of the timeline.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Shown {
    /// Newer posts of others that would move what is being read.
    pub(super) held_back: usize,
    /// Whether there are older posts.
    pub(super) more: bool,
    /// The posts, newest first.
    pub(super) posts: Vec<Cid>,
}

/// Looks at the timeline. Posts of others above `line` are held back; own posts always show.
pub(super) fn look(view: &View, me: Identity, line: Option<Order>, limit: usize) -> Shown {
    let mut shown = Shown::default();
    // One more than wanted tells whether there is more.
    let wanted = limit.saturating_add(1);
    let mut before = None;
    while shown.posts.len() < wanted {
        let batch = view.timeline(before, wanted);
        if batch.is_empty() {
            break;
        }
        for id in &batch {
            let Some(post) = view.post_by_id(id) else { continue };
            before = Some(post.order);
            if post.author != me && line.is_some_and(|line| post.order > line) {
                shown.held_back = shown.held_back.saturating_add(1);
            } else {
                shown.posts.push(*id);
            }
        }
        if batch.len() < wanted {
            break;
        }
    }
    shown.more = shown.posts.len() > limit;
    shown.posts.truncate(limit);
    shown
}

/// The words of the pill.
pub(super) fn pill(held_back: usize) -> String {
    match held_back {
        1 => "1 new post".to_owned(),
        many => format!("{many} new posts"),
    }
}
