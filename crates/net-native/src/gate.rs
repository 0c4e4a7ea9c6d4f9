//! Where accepted connections come in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use effigy_proto::{Binding, Link};

use crate::connection::{self, Line, News, Office};
use crate::socket::Socket;

/// What whoever let a caller in is told of them. Dropped when the connection is gone.
pub trait Guest: Send + Sync {
    /// They proved who they are: the session is open.
    fn proved(&self);

    /// They broke a rule and were sent away for it.
    fn misbehaved(&self);
}

/// The entrance to a [`NativeWorld`](crate::NativeWorld), for the threads that accept connections.
/// Copies are the same entrance.
#[derive(Clone)]
pub struct Gate {
    links: Arc<AtomicU64>,
    office: Office,
}

impl Gate {
    pub(crate) fn new(office: Office) -> Self {
        Self { links: Arc::new(AtomicU64::new(Link::ACCEPTED)), office }
    }

    /// Serves an accepted connection until it ends. `origin` is where the caller dialled to, spelled
    /// as callers spell it: proofs are bound to it.
    pub async fn host(&self, socket: impl Socket, origin: String, guest: impl Guest + 'static) {
        let link = Link(self.links.fetch_add(1, Ordering::Relaxed));
        let limit = self.office.limits.unsent_bytes;
        let line = Arc::new(Line::new(link, limit, Some(Box::new(guest))));
        let news = News::Accepted(Binding::Origin(origin), Arc::clone(&line));
        if self.office.tell(link, news).await.is_ok() {
            connection::run(socket, &line, &self.office).await;
        }
    }
}
