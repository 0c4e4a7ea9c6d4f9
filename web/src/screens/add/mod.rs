//! Add somebody: show one's own code, or read theirs.

mod view;

pub(crate) use view::Add;
