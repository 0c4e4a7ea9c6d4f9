//! Home: what the people one follows have posted, newest first.

mod place;
mod state;
mod view;

pub(crate) use place::TimelinePlace;
pub(crate) use view::Home;
