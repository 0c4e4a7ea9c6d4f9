//! People at one hub, what they ask for, and what their devices show.

use std::collections::BTreeSet;

use effigy_core::mnemonic::Words;
use effigy_core::{Cid, Identity};
use effigy_feed::{Relation, View};
use effigy_proto::{Command, Event, Keys, Known, LinkState, Membership, Network, Refusal, Ticket};

use crate::together::{Together, picture};

pub(crate) const HUB: usize = 0;
pub(crate) const ANA: usize = 1;
pub(crate) const BEN: usize = 2;

/// The machines of people.
pub(crate) struct People {
    pub(crate) together: Together,
}

impl People {
    /// Ana and Ben at a hub. They follow each other, and Ana has posted.
    pub(crate) fn new() -> Self {
        let mut people = Self { together: Together::new(2) };
        for (person, name) in [(ANA, "Ana"), (BEN, "Ben")] {
            let (device_name, name) = ("phone".to_owned(), name.to_owned());
            people.done(person, |ticket| Command::Begin {
                device_name,
                name,
                picture: None,
                ticket,
            });
        }
        for (person, other) in [(ANA, BEN), (BEN, ANA)] {
            people.follow(person, other);
        }
        people.posts(ANA, "first");
        people.done(ANA, |ticket| Command::Publish {
            pictures: vec![picture(7)],
            text: "second".to_owned(),
            ticket,
        });
        people.together.live(5_000);
        people
    }

    /// A browser in which Ana's words were typed.
    pub(crate) fn recover(&mut self, seed: u8) -> usize {
        let words = self.words();
        self.together.add(Keys::for_recovery([seed; 32], words))
    }

    pub(crate) fn words(&self) -> Words {
        self.together.machines[ANA].keys.words.clone().unwrap()
    }

    pub(crate) fn follow(&mut self, person: usize, other: usize) {
        let synod = self.synod(other);
        self.done(person, |ticket| Command::Relate {
            on: true,
            relation: Relation::Follow,
            synod,
            ticket,
        });
    }

    pub(crate) fn posts(&mut self, machine: usize, text: &str) -> Cid {
        let text = text.to_owned();
        self.done(machine, |ticket| Command::Publish { pictures: vec![], text, ticket }).unwrap()
    }

    /// Asks for something, and tells why it was not done.
    pub(crate) fn asks(
        &mut self,
        machine: usize,
        command: impl FnOnce(Ticket) -> Command,
    ) -> Result<Option<Cid>, Refusal> {
        let asked = self.together.ask(machine, command);
        let answer = self.together.machines[machine].events.iter().find_map(|event| match event {
            Event::Done { id, ticket } if *ticket == asked => Some(Ok(*id)),
            Event::Refused { ticket, why } if *ticket == asked => Some(Err(*why)),
            _ => None,
        });
        answer.unwrap()
    }

    /// Asks for something that is done.
    pub(crate) fn done(
        &mut self,
        machine: usize,
        command: impl FnOnce(Ticket) -> Command,
    ) -> Option<Cid> {
        self.asks(machine, command).unwrap()
    }

    pub(crate) fn joins(
        &mut self,
        machine: usize,
        replaces: Option<Identity>,
    ) -> Result<Option<Cid>, Refusal> {
        let device_name = "laptop".to_owned();
        self.asks(machine, |ticket| Command::Join { device_name, replaces, ticket })
    }

    pub(crate) fn synod(&self, machine: usize) -> Identity {
        self.together.machines[machine].keys.synod.unwrap()
    }

    pub(crate) fn device(&self, machine: usize) -> Identity {
        self.together.machines[machine].keys.device.identity()
    }

    pub(crate) fn membership(&self, machine: usize) -> Option<Membership> {
        self.together.machines[machine].events.iter().rev().find_map(|event| match event {
            Event::Membership(membership) => Some(*membership),
            _ => None,
        })
    }

    pub(crate) fn network(&self, machine: usize) -> Network {
        let told = self.together.machines[machine].events.iter().rev();
        let mut told = told.filter_map(|event| match event {
            Event::Network(network) => Some(network.clone()),
            _ => None,
        });
        told.next().unwrap_or_default()
    }

    /// Whether a device has all that others told of somebody's feeds, with what belongs to it.
    pub(crate) fn is_whole(&self, machine: usize) -> bool {
        let network = self.network(machine);
        let me = self.synod(machine);
        let own = network.feeds.iter().filter(|feed| feed.synod == me);
        network.missing == 0 && own.clone().count() > 1 && own.clone().all(|f| f.held == f.known)
    }

    pub(crate) fn is_at_hub(&self, machine: usize) -> bool {
        self.network(machine).hubs.iter().any(|hub| hub.state == LinkState::Open)
    }

    /// What a device's screens know of.
    pub(crate) fn view(&self, machine: usize) -> View {
        let mut view = View::new(self.synod(machine));
        for known in self.known(machine) {
            if let Some(payload) = &known.payload {
                view.insert(&known.entry, payload);
            }
        }
        view
    }

    fn known(&self, machine: usize) -> impl Iterator<Item = &Known> {
        let told = self.together.machines[machine].events.iter().filter_map(|event| match event {
            Event::Entries(known) => Some(known),
            _ => None,
        });
        told.flatten()
    }

    /// The texts of somebody's posts as a device shows them, the newest first.
    pub(crate) fn texts(&self, machine: usize, author: Identity) -> Vec<String> {
        let view = self.view(machine);
        let posts = view.posts_of(&author, None, 100);
        let posts = posts.iter().filter_map(|id| view.post_by_id(id));
        posts.map(|post| post.said.text().to_owned()).collect()
    }

    /// Ids of all entries that a device has, of feeds of an account.
    pub(crate) fn entries(&self, machine: usize, synod: Identity) -> BTreeSet<Cid> {
        let of = |known: &&Known| {
            let header = known.entry.header();
            header.synod.map_or(header.identity, |(synod, _)| synod) == synod
        };
        self.known(machine).filter(of).map(|known| known.entry.id()).collect()
    }
}
