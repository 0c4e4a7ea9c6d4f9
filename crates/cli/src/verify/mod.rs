//! Everything that a node checked before it kept something, checked again; and what a disk can do.

mod blobs;
mod facts;
mod feeds;

pub(crate) use blobs::{BlobCounts, check as check_blobs};
pub(crate) use facts::{Facts, Holder, Holding};
pub(crate) use feeds::{FeedCounts, Fork, Judge};
