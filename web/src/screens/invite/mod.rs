//! An invite that was opened as a link: says whose it is and asks before following.

mod view;

pub(crate) use view::InviteScreen;
