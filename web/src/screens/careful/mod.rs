//! The app did not start the last times: the person says how it is to start now.

mod view;

pub(crate) use view::Careful;
