//! Compose: writing a post.

mod view;

pub(crate) use view::Compose;
