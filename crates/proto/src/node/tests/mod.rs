//! One node against scripted peers: what a liar may say, and what it must not bring about.

mod actor;
mod again;
mod agreeing;
mod circle;
mod crowd;
mod desk;
mod devices;
mod drafts;
mod epochs;
mod fetching;
mod freshness;
mod hand;
mod heads;
mod keeping;
mod large;
mod letters;
mod linking;
mod members;
mod orphans;
mod others;
mod packs;
mod patience;
mod pictures;
mod powers;
mod promises;
mod rules;
mod secrets;
mod sets;
mod skew;
mod starting;
mod threads;
mod turns;
mod upkeep;
mod uploads;

use actor::Actor;
use desk::{Desk, Peer};
