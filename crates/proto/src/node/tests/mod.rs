//! One node against scripted peers: what a liar may say, and what it must not bring about.

mod actor;
mod crowd;
mod desk;
mod devices;
mod drafts;
mod heads;
mod keeping;
mod letters;
mod orphans;
mod patience;
mod pictures;
mod promises;
mod rules;
mod secrets;
mod starting;

use actor::Actor;
use desk::{Desk, Peer};
