//! Where accepted connections come in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use effigy_core::Identity;
use effigy_proto::{Binding, Link};

use crate::connection::{self, Office};
use crate::inbox::News;
use crate::line::Line;
use crate::socket::Socket;

/// What whoever let a caller in is told of them. Dropped when the connection is gone.
pub trait Guest: Send + Sync {
    /// They sent so many messages. Gives how long no more are to be read from them, for reasons that
    /// this connection alone does not know.
    fn charge(&self, n_messages: u32) -> Duration;

    /// They come with the letters of a code. Gives whether they may, so soon after others from there.
    fn may_guess(&self) -> bool;

    /// They broke a rule and were sent away for it.
    fn misbehaved(&self);

    /// They proved who they are: the session is open. Gives whether they may stay.
    fn proved(&self, identity: Identity) -> bool;
}

/// The entrance to a [`NativeWorld`](crate::NativeWorld), for the threads that accept connections.
/// Copies are the same entrance.
#[derive(Clone)]
pub struct Gate {
    links: Arc<AtomicU64>,
    office: Arc<Office>,
}

impl Gate {
    pub(crate) fn new(office: Arc<Office>) -> Self {
        Self { links: Arc::new(AtomicU64::new(Link::ACCEPTED)), office }
    }

    /// Serves an accepted connection until it ends. `origin` is where the caller dialled to, spelled
    /// as callers spell it: proofs are bound to it.
    pub async fn host(self, socket: impl Socket, origin: String, guest: impl Guest + 'static) {
        let link = Link(self.links.fetch_add(1, Ordering::Relaxed));
        let limit = self.office.limits.unsent_bytes;
        let line = Arc::new(Line::new(link, limit, Some(Box::new(guest))));
        line.heard.store(self.office.beat.load(Ordering::Relaxed), Ordering::Relaxed);
        let news = News::Accepted(Binding::Origin(origin), Arc::clone(&line));
        if self.office.inbox.tell(link, news).is_ok() {
            connection::run(socket, &line, &self.office).await;
        }
    }
}
