//! Home: what the people one follows have posted, newest first.

mod state;
mod view;

pub(crate) use view::Home;
