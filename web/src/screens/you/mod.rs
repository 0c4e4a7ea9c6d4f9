//! You: the own profile and the ways to all settings.

mod view;

pub(crate) use view::You;
