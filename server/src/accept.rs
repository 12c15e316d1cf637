//! Takes connections and answers what is asked on them.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// How long a connection may take until the head of its next request is here. Whoever sends one
/// byte a minute would hold a connection for ever.
pub const HEAD_LIMIT: Duration = Duration::from_secs(60);
/// How long no connection is taken when the system has none left to give.
const AFTER_FAULT: Duration = Duration::from_secs(1);

/// Serves until `stopping`, then lets the requests under way end.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    head_limit: Duration,
    stopping: CancellationToken,
) {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stopping.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let answering = answer(stream, peer, app.clone(), head_limit, stopping.clone());
                connections.spawn(answering);
            }
            Err(fault) if is_of_one_connection(&fault) => {}
            Err(fault) => {
                tracing::error!(%fault, "no connection can be taken");
                tokio::time::sleep(AFTER_FAULT).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// Whether the next connection may be taken all the same.
fn is_of_one_connection(fault: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        fault.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

async fn answer(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    head_limit: Duration,
    stopping: CancellationToken,
) {
    let service = tower::service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        app.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_limit)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(fault) = ended {
        tracing::debug!(%fault, "a connection ended");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// A server with a short limit, and where it listens.
    async fn server() -> (SocketAddr, CancellationToken) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route(
            "/",
            get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()),
        );
        let stopping = CancellationToken::new();
        let limit = Duration::from_millis(200);
        tokio::spawn(serve(listener, app, limit, stopping.clone()));
        (address, stopping)
    }

    /// Everything until the other side closes, which it has to do.
    async fn rest(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        let reading = stream.read_to_string(&mut text);
        let reading = tokio::time::timeout(Duration::from_secs(30), reading).await;
        // A connection that is reset is closed as well.
        let _ = reading.expect("it was left open");
        text
    }

    #[tokio::test]
    async fn a_head_that_never_ends_is_not_waited_for() {
        let (address, _stopping) = server().await;
        for begun in ["", "G", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(begun.as_bytes()).await.unwrap();
            assert!(!rest(&mut stream).await.contains("200 OK"), "{begun}");
        }
    }

    #[tokio::test]
    async fn requests_are_answered_with_who_asked_and_a_stop_closes_what_is_idle() {
        let (address, stopping) = server().await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let peer = stream.local_addr().unwrap().to_string();
        let request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut seen = String::new();
        while !seen.ends_with(&peer) {
            let byte = stream.read_u8().await.unwrap();
            seen.push(char::from(byte));
        }
        assert!(seen.starts_with("HTTP/1.1 200 OK"), "{seen}");
        stopping.cancel();
        assert_eq!(rest(&mut stream).await, "");
    }
}
