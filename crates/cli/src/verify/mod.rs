//! Everything that a node checked before it kept something, checked again; and what a disk can do.

mod blobs;
mod feeds;
mod holder;

pub(crate) use blobs::{BlobCounts, check as check_blobs};
pub(crate) use feeds::{FeedCounts, Fork, Judge};
pub(crate) use holder::Holder;
