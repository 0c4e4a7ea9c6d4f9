//! About: what is running, where it came from, under which licences.

mod view;

pub(crate) use view::About;
