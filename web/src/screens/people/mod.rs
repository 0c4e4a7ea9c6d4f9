//! People: friends, following, followers; finding somebody among them.

mod state;
mod view;

pub(crate) use state::friends;
pub(crate) use view::People;
