//! Network: the hubs, who is connected and how, and how complete every feed is.

mod hubs;
mod view;

pub(super) use hubs::AddHub;
pub(crate) use view::NetworkScreen;
