// gloox over BOSH: two accounts become contacts and talk both ways. It pipelines until it reads "Connection: close" (B-HTTP-09).
// Usage: gloox HOST PORT DOMAIN PASSWORD MECHANISM JULIET ROMEO. Prints one line of JSON; exit code 0 only if everything came as expected.
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <gloox/client.h>
#include <gloox/connectionbosh.h>
#include <gloox/connectionlistener.h>
#include <gloox/connectiontcpclient.h>
#include <gloox/message.h>
#include <gloox/messagehandler.h>
#include <gloox/presence.h>
#include <gloox/presencehandler.h>
#include <gloox/rosteritem.h>
#include <gloox/rostermanager.h>
#include <gloox/subscription.h>
#include <gloox/subscriptionhandler.h>

namespace {

constexpr int kMessages = 200;
constexpr auto kLimit = std::chrono::seconds(90);

struct Person : gloox::ConnectionListener, gloox::MessageHandler, gloox::PresenceHandler, gloox::SubscriptionHandler {
  std::string bare;
  std::unique_ptr<gloox::Client> client;
  gloox::ConnectionBOSH* bosh;  // belongs to the client
  bool connected = false, ended = false, peerOnline = false, asked = false;
  int error = 0;
  std::vector<std::string> texts;

  Person(const char* host, int port, const std::string& domain, const std::string& name, const std::string& password, int mechanism)
      : bare(name + "@" + domain) {
    client = mechanism == gloox::SaslMechAnonymous ? std::make_unique<gloox::Client>(domain)
                                                   : std::make_unique<gloox::Client>(gloox::JID(bare + "/gloox"), password);
    client->setTls(gloox::TLSDisabled);
    client->setCompression(false);
    client->setSASLMechanisms(mechanism);
    client->registerConnectionListener(this);
    client->registerMessageHandler(this);
    client->registerPresenceHandler(this);
    client->registerSubscriptionHandler(this);
    auto* tcp = new gloox::ConnectionTCPClient(client->logInstance(), host, port);
    bosh = new gloox::ConnectionBOSH(client.get(), tcp, client->logInstance(), host, domain);
    bosh->setPath("/http-bind");
    client->setConnectionImpl(bosh);
    client->connect(false);
  }

  void say(const Person& to, const std::string& text) { client->send(gloox::Message(gloox::Message::Chat, gloox::JID(to.bare), text)); }

  // What the library itself never writes.
  void sayRaw(const Person& to, const std::string& body) {
    bosh->send("<message xmlns='jabber:client' to='" + to.bare + "' type='chat'><body>" + body + "</body></message>");
  }

  void onConnect() override { connected = true; }
  void onDisconnect(gloox::ConnectionError e) override { ended = true; error = e; }
  bool onTLSConnect(const gloox::CertInfo&) override { return true; }

  void handleMessage(const gloox::Message& message, gloox::MessageSession*) override {
    if (!message.body().empty()) texts.push_back(message.body());
  }

  void handlePresence(const gloox::Presence& presence) override {
    if (presence.from().bare() == bare) return;
    if (presence.subtype() == gloox::Presence::Available) peerOnline = true;
  }

  void handleSubscription(const gloox::Subscription& subscription) override {
    if (subscription.subtype() == gloox::Subscription::Subscribe) asked = true;
  }
};

std::vector<std::string> textsOf(const std::string& who) {
  std::vector<std::string> texts;
  for (int i = 0; i < kMessages; i++) texts.push_back(std::to_string(i) + " from " + who);
  texts.push_back("😀👩‍👩‍👧‍👦🇩🇪 ä€");
  texts.push_back("a < b && c > d; \"quoted\" 'too' &amp; ]]> <![CDATA[no]]>");
  std::string large;
  for (int i = 0; i < 5120; i++) large += "xä€😀";
  texts.push_back(large);
  return texts;
}

int fail(const std::string& step, const std::vector<Person*>& people) {
  std::cout << "{\"ok\":false,\"step\":\"" << step << "\"";
  for (auto* person : people)
    std::cout << ",\"" << person->bare << "\":\"" << person->texts.size() << " messages, ended " << person->ended << " by " << person->error << "\"";
  std::cout << "}" << std::endl;
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) return 2;
  const std::string domain = argv[3], password = argv[4], mechanismName = argv[5];
  const int mechanism = mechanismName == "PLAIN" ? gloox::SaslMechPlain
                        : mechanismName == "ANONYMOUS" ? gloox::SaslMechAnonymous
                                                       : gloox::SaslMechScramSha1;
  Person juliet(argv[1], std::stoi(argv[2]), domain, argv[6], password, mechanism);
  Person romeo(argv[1], std::stoi(argv[2]), domain, argv[7], password, mechanism);
  const std::vector<Person*> people = {&juliet, &romeo};

  const auto end = std::chrono::steady_clock::now() + kLimit;
  const auto until = [&](const std::function<bool()>& holds) {
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end) return false;
      for (auto* person : people) {
        if (!person->ended) person->client->recv(5000);  // microseconds
      }
    }
    return true;
  };

  if (!until([&] { return (juliet.connected && romeo.connected) || juliet.ended || romeo.ended; }) || juliet.ended || romeo.ended)
    return fail("log in", people);
  if (mechanism == gloox::SaslMechAnonymous) {
    std::cout << "{\"ok\":true,\"messages\":0}" << std::endl;
    return 0;
  }

  juliet.client->rosterManager()->subscribe(gloox::JID(romeo.bare), "Romeo");
  if (!until([&] { return romeo.asked; })) return fail("subscribe", people);
  romeo.client->rosterManager()->ackSubscriptionRequest(gloox::JID(juliet.bare), true);
  romeo.client->rosterManager()->subscribe(gloox::JID(juliet.bare), "Juliet");
  if (!until([&] { return juliet.asked; })) return fail("subscribe back", people);
  juliet.client->rosterManager()->ackSubscriptionRequest(gloox::JID(romeo.bare), true);
  if (!until([&] { return juliet.peerOnline && romeo.peerOnline; })) return fail("presence", people);
  const auto isBoth = [](Person& of, const Person& contact) {
    auto* item = of.client->rosterManager()->getRosterItem(gloox::JID(contact.bare));
    return item && item->subscription() == gloox::S10nBoth;
  };
  if (!until([&] { return isBoth(juliet, romeo) && isBoth(romeo, juliet); })) return fail("roster", people);

  auto fromJuliet = textsOf("juliet"), fromRomeo = textsOf("romeo");
  for (size_t i = 0; i < fromJuliet.size(); i++) {
    juliet.say(romeo, fromJuliet[i]);
    romeo.say(juliet, fromRomeo[i]);
  }
  const std::vector<std::pair<std::string, std::string>> raw = {
      {"<![CDATA[<b> & \"c\"]]>]]&gt;<![CDATA[ d]]>", "<b> & \"c\"]]> d"},
      // gloox 1.0.24 cannot read references to characters above U+FFFF.
      {"&lt;&#x20AC;&#228;&apos;&quot;&amp;&gt;", "<€ä'\"&>"},
  };
  for (const auto& [written, meant] : raw) {
    juliet.sayRaw(romeo, written);
    romeo.sayRaw(juliet, written);
    fromJuliet.push_back(meant);
    fromRomeo.push_back(meant);
  }
  if (!until([&] { return romeo.texts.size() >= fromJuliet.size() && juliet.texts.size() >= fromRomeo.size(); }))
    return fail("messages", people);
  if (romeo.texts != fromJuliet || juliet.texts != fromRomeo) return fail("messages in order", people);

  // Whether the peer sees it go is left to chance: gloox says goodbye only if a connection that it has not in use happens to stand.
  for (auto* person : people) person->client->disconnect();
  std::cout << "{\"ok\":true,\"messages\":" << juliet.texts.size() + romeo.texts.size() << "}" << std::endl;
  return 0;
}
