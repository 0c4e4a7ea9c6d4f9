//! The app lock: setting it, changing it, and when it closes.

mod view;

pub(crate) use view::AppLock;
