//! One post and the answers to it.

mod view;

pub(crate) use view::PostScreen;
