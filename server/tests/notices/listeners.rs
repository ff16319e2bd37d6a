//! A web server and a mail server, small and real: what arrives is kept as it came.
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Posted {
    pub first_line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Posted {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

#[derive(Clone)]
pub struct Web {
    pub url: String,
    seen: Arc<Mutex<Vec<Posted>>>,
    answers: Arc<Mutex<VecDeque<&'static str>>>,
    connections: Arc<Mutex<usize>>,
}

impl Web {
    /// Answers in this order, then always 200. `silent` answers nothing and keeps the connection.
    pub async fn start(answers: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let web = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            seen: Arc::default(),
            answers: Arc::new(Mutex::new(answers.iter().copied().collect())),
            connections: Arc::default(),
        };
        let own = web.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                *own.connections.lock().unwrap() += 1;
                tokio::spawn(own.clone().serve(stream));
            }
        });
        web
    }
    pub fn seen(&self) -> Vec<Posted> {
        self.seen.lock().unwrap().clone()
    }
    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    async fn serve(self, mut stream: TcpStream) {
        let (reader, mut writer) = stream.split();
        let mut lines = BufReader::new(reader);
        let mut first_line = String::new();
        if lines.read_line(&mut first_line).await.unwrap_or(0) == 0 {
            return;
        }
        let mut headers = vec![];
        loop {
            let mut line = String::new();
            lines.read_line(&mut line).await.unwrap();
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = headers.iter().find(|(n, _)| n == "content-length").map_or(0, |(_, v)| v.parse().unwrap());
        let mut body = vec![0; length];
        lines.read_exact(&mut body).await.unwrap();
        self.seen.lock().unwrap().push(Posted { first_line: first_line.trim_end().to_owned(), headers, body });
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or("200 OK");
        if answer == "silent" {
            std::future::pending::<()>().await;
        }
        let text = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        writer.write_all(text.as_bytes()).await.unwrap();
    }
}

/// One mail: whom it was for, and its text with headers.
#[derive(Debug, Clone)]
pub struct Mail {
    pub to: String,
    pub text: String,
}

#[derive(Clone)]
pub struct Post {
    pub address: String,
    mails: Arc<Mutex<Vec<Mail>>>,
}

impl Post {
    /// Takes every mail, but for people whose address begins with `refused`.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let post = Self { address: listener.local_addr().unwrap().to_string(), mails: Arc::default() };
        let own = post.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(own.clone().serve(stream));
            }
        });
        post
    }
    /// By whom they are for.
    pub fn mails(&self) -> Vec<Mail> {
        let mut mails = self.mails.lock().unwrap().clone();
        mails.sort_by(|a, b| a.to.cmp(&b.to));
        mails
    }

    async fn serve(self, mut stream: TcpStream) {
        let (reader, mut writer) = stream.split();
        let mut lines = BufReader::new(reader).lines();
        writer.write_all(b"220 test ESMTP\r\n").await.unwrap();
        let mut to = String::new();
        while let Ok(Some(line)) = lines.next_line().await {
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let answer = match verb.as_str() {
                "EHLO" | "HELO" => "250 test",
                "RCPT" => {
                    to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    if to.starts_with("refused") { "550 no such person here" } else { "250 ok" }
                }
                "DATA" => {
                    writer.write_all(b"354 go on\r\n").await.unwrap();
                    let mut text = String::new();
                    while let Ok(Some(line)) = lines.next_line().await {
                        if line == "." {
                            break;
                        }
                        text += &line;
                        text.push('\n');
                    }
                    self.mails.lock().unwrap().push(Mail { to: to.clone(), text });
                    "250 taken"
                }
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            if writer.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() || verb == "QUIT" {
                return;
            }
        }
    }
}
