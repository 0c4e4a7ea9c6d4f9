//! The least relay there can be: one thread, no identity, no checks. A caller names itself in the path
//! (`/7`), and a frame begins with the name of whom it is for, six digits.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use effigy_bench::BenchError;
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite::Message as Wire;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

/// Letters of a name in front of a frame.
pub(crate) const NAME: usize = 6;

type People = Rc<RefCell<HashMap<String, UnboundedSender<Wire>>>>;

/// Serves until it is killed.
pub(crate) async fn serve(port: u64) -> Result<Value, BenchError> {
    let port = u16::try_from(port).map_err(|_| BenchError::Usage("least <port>"))?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|_| BenchError::Ended)?;
    let people = People::default();
    let serving = async {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            tokio::task::spawn_local(host(stream, Rc::clone(&people)));
        }
    };
    tokio::task::LocalSet::new().run_until(serving).await;
    Ok(Value::Null)
}

#[expect(clippy::result_large_err, reason = "as tungstenite wants it")]
async fn host(stream: TcpStream, people: People) {
    let mut name = String::new();
    let note = |request: &Request, response: Response| {
        name = request.uri().path().trim_start_matches('/').to_owned();
        Ok(response)
    };
    let Ok(socket) = tokio_tungstenite::accept_hdr_async(stream, note).await else { return };
    let (mut out, mut incoming) = socket.split();
    let (sender, mut waiting) = unbounded_channel();
    people.borrow_mut().insert(name.clone(), sender);
    let writing = async {
        while let Some(wire) = waiting.recv().await {
            if out.feed(wire).await.is_err() {
                return;
            }
            // One write for all that waits, as everybody does.
            if waiting.is_empty() && out.flush().await.is_err() {
                return;
            }
        }
    };
    let reading = async {
        while let Some(Ok(Wire::Text(text))) = incoming.next().await {
            let to = text.get(..NAME).unwrap_or_default();
            if let Some(other) = people.borrow().get(to) {
                let _ = other.send(Wire::Text(text));
            }
        }
    };
    tokio::select! {
        () = writing => (),
        () = reading => (),
    }
    people.borrow_mut().remove(&name);
}
