// libpurple (Pidgin, Finch) over BOSH: two accounts become contacts and talk both ways.
// Usage: purple FOLDER BOSH-URL DOMAIN PASSWORD MECHANISM TASK JULIET ROMEO; TASK is login or talk. With the tasks burst and listen only
// Juliet logs in; she sends Romeo a burst as soon as he tells her something, or nothing, until she is told that it is the end or is
// disconnected.
// Prints one line of JSON; exit code 0 only if everything came as expected.
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>
#include <purple.h>

enum { MESSAGES = 200, HARD_TEXTS = 5, TEXTS = MESSAGES + HARD_TEXTS, LARGE_REPEATS = 5120, LIMIT_SECONDS = 90, PACE_MS = 40 };

#define UI "orleans-bosh-test"

typedef struct {
  PurpleAccount *account;
  char *bare;
  gboolean peerOnline, peerLeft;
  GPtrArray *received;
} Person;

static Person juliet, romeo;
static const char *mechanism;
static GString *used, *errors;
static gboolean isOver;

// The event loop that libpurple asks for, made of GLib's.

typedef struct {
  PurpleInputFunction function;
  gpointer data;
} Input;

static gboolean onInput(GIOChannel *source, GIOCondition condition, gpointer data) {
  Input *input = data;
  PurpleInputCondition ready = 0;
  if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR)) ready |= PURPLE_INPUT_READ;
  if (condition & (G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL)) ready |= PURPLE_INPUT_WRITE;
  input->function(input->data, g_io_channel_unix_get_fd(source), ready);
  return TRUE;
}

static guint addInput(int fd, PurpleInputCondition condition, PurpleInputFunction function, gpointer data) {
  Input *input = g_new(Input, 1);
  *input = (Input){function, data};
  GIOCondition awaited = G_IO_HUP | G_IO_ERR | G_IO_NVAL;
  if (condition & PURPLE_INPUT_READ) awaited |= G_IO_IN;
  if (condition & PURPLE_INPUT_WRITE) awaited |= G_IO_OUT;
  GIOChannel *channel = g_io_channel_unix_new(fd);
  guint id = g_io_add_watch_full(channel, G_PRIORITY_DEFAULT, awaited, onInput, input, g_free);
  g_io_channel_unref(channel);
  return id;
}

static PurpleEventLoopUiOps eventLoop = {
    .timeout_add = g_timeout_add,
    .timeout_remove = g_source_remove,
    .timeout_add_seconds = g_timeout_add_seconds,
    .input_add = addInput,
    .input_remove = g_source_remove,
};

/** Stands before the function of Cyrus SASL, which takes the strongest mechanism of those offered: libpurple has no setting for it. */
int sasl_client_start(void *connection, const char *offered, void **prompts, const char **data, unsigned *length, const char **chosen) {
  // Only the plugin of libpurple is linked with the library.
  void *library = dlopen("libsasl2.so.2", RTLD_LAZY);
  int (*start)(void *, const char *, void **, const char **, unsigned *, const char **) = dlsym(library, "sasl_client_start");
  return start(connection, strstr(offered, mechanism) ? mechanism : "", prompts, data, length, chosen);
}

// What libpurple tells.

static Person *personOf(PurpleAccount *account) { return account == juliet.account ? &juliet : &romeo; }

static void onDisconnected(PurpleConnection *connection, PurpleConnectionError reason, const char *text) {
  g_string_append_printf(errors, "%s: %d %s; ", purple_connection_get_account(connection)->username, reason, text);
}

static PurpleConnectionUiOps connections = {.report_disconnect_reason = onDisconnected};

static int onAuthorizationRequested(PurpleAccount *account, const char *user) { return 1; }

static void onBuddyCame(PurpleBuddy *buddy, gpointer data) { personOf(purple_buddy_get_account(buddy))->peerOnline = TRUE; }

static void onBuddyLeft(PurpleBuddy *buddy, gpointer data) { personOf(purple_buddy_get_account(buddy))->peerLeft = TRUE; }

static void onMessage(PurpleAccount *account, char *sender, char *html, PurpleConversation *conversation, PurpleMessageFlags flags) {
  g_ptr_array_add(personOf(account)->received, purple_markup_strip_html(html));
}

static void onSent(PurpleConnection *connection, xmlnode **packet, gpointer data) {
  if (*packet && g_str_equal((*packet)->name, "auth")) g_string_assign(used, xmlnode_get_attrib(*packet, "mechanism"));
}

static void listen(void) {
  static int handle;
  void *jabber = purple_find_prpl("prpl-jabber");
  purple_signal_connect(
      purple_accounts_get_handle(), "account-authorization-requested", &handle, PURPLE_CALLBACK(onAuthorizationRequested), NULL);
  purple_signal_connect(purple_blist_get_handle(), "buddy-signed-on", &handle, PURPLE_CALLBACK(onBuddyCame), NULL);
  purple_signal_connect(purple_blist_get_handle(), "buddy-signed-off", &handle, PURPLE_CALLBACK(onBuddyLeft), NULL);
  purple_signal_connect(purple_conversations_get_handle(), "received-im-msg", &handle, PURPLE_CALLBACK(onMessage), NULL);
  purple_signal_connect_priority(
      jabber, "jabber-sending-xmlnode", &handle, PURPLE_CALLBACK(onSent), NULL, PURPLE_SIGNAL_PRIORITY_HIGHEST);
}

// The scenes.

static gboolean onLimit(gpointer data) { return isOver = TRUE, FALSE; }

static gboolean until(gboolean (*holds)(void)) {
  while (!holds()) {
    if (isOver || errors->len) return FALSE;
    g_main_context_iteration(NULL, TRUE);
  }
  return TRUE;
}

static int fail(const char *step) {
  char *text = g_strescape(errors->str, NULL);
  printf("{\"ok\":false,\"step\":\"%s\",\"used\":\"%s\",\"juliet\":%u,\"romeo\":%u,\"error\":\"%s\"}\n", step, used->str,
         juliet.received->len, romeo.received->len, text);
  return 1;
}

static Person join(const char *name, const char *domain, const char *password, const char *url) {
  Person person = {.bare = g_strdup_printf("%s@%s", name, domain), .received = g_ptr_array_new()};
  char *full = g_strdup_printf("%s/purple", person.bare);
  person.account = purple_account_new(full, "prpl-jabber");
  purple_account_set_password(person.account, password);
  purple_account_set_string(person.account, "bosh_url", url);
  purple_account_set_string(person.account, "connection_security", "opportunistic_tls");
  purple_account_set_bool(person.account, "auth_plain_in_clear", TRUE);
  purple_accounts_add(person.account);
  g_free(full);
  return person;
}

static gboolean areConnected(void) { return purple_account_is_connected(juliet.account) && purple_account_is_connected(romeo.account); }
static gboolean seeEachOther(void) { return juliet.peerOnline && romeo.peerOnline; }
static gboolean haveAll(void) { return juliet.received->len >= TEXTS && romeo.received->len >= TEXTS; }
static gboolean hasLeft(void) { return romeo.peerLeft; }

static void subscribe(Person *from, Person *to) {
  PurpleBuddy *buddy = purple_buddy_new(from->account, to->bare, NULL);
  purple_blist_add_buddy(buddy, NULL, NULL, NULL);
  purple_account_add_buddy(from->account, buddy);
}

/** The texts of the messages: a burst, and what is hard to carry. */
static char *textOf(Person *person, int i) {
  switch (i - MESSAGES) {
    case 0: return g_strdup("😀👩‍👩‍👧‍👦🇩🇪 ä€");
    case 1: return g_strdup("a < b && c > d; \"quoted\" 'too' &amp; ]]> <![CDATA[no]]>");
    case 2: {
      GString *large = g_string_new(NULL);
      for (int repeat = 0; repeat < LARGE_REPEATS; repeat++) g_string_append(large, "xä€😀");
      return g_string_free(large, FALSE);
    }
    // What the library itself never writes.
    case 3: return g_strdup("<b> & \"c\"]]> d");
    case 4: return g_strdup("<😀ä'\"&>");
    default: return g_strdup_printf("%d from %s", i, person->bare);
  }
}

static void say(Person *from, Person *to, int i) {
  PurpleConversation *conversation = purple_find_conversation_with_account(PURPLE_CONV_TYPE_IM, to->bare, from->account);
  if (!conversation) conversation = purple_conversation_new(PURPLE_CONV_TYPE_IM, from->account, to->bare);
  char *text = textOf(from, i), *html = g_markup_escape_text(text, -1);
  purple_conv_im_send(PURPLE_CONV_IM(conversation), html);
  g_free(html);
  g_free(text);
}

static void sendRaw(Person *from, Person *to, const char *body) {
  PurpleConnection *connection = purple_account_get_connection(from->account);
  char *xml = g_strdup_printf("<message to='%s' type='chat'><body>%s</body></message>", to->bare, body);
  PURPLE_PLUGIN_PROTOCOL_INFO(purple_connection_get_prpl(connection))->send_raw(connection, xml, strlen(xml));
  g_free(xml);
}

static void sendText(Person *from, Person *to, int i) {
  if (i < MESSAGES + 3) say(from, to, i);
  else sendRaw(from, to, i == MESSAGES + 3 ? "<![CDATA[<b> & \"c\"]]>]]&gt;<![CDATA[ d]]>" : "&lt;&#x1F600;&#228;&apos;&quot;&amp;&gt;");
}

static gboolean hasInOrder(Person *to, Person *from) {
  gboolean isSame = to->received->len == TEXTS;
  for (int i = 0; i < TEXTS && isSame; i++) {
    char *text = textOf(from, i);
    isSame = g_str_equal(to->received->pdata[i], text);
    if (!isSame) g_string_append_printf(errors, "%d is %.100s", i, (char *)to->received->pdata[i]);
    g_free(text);
  }
  return isSame;
}

static int talk(void) {
  subscribe(&juliet, &romeo);
  subscribe(&romeo, &juliet);
  if (!until(seeEachOther)) return fail("presence");
  for (int i = 0; i < TEXTS; i++) {
    sendText(&juliet, &romeo, i);
    sendText(&romeo, &juliet, i);
  }
  if (!until(haveAll)) return fail("messages");
  if (!hasInOrder(&romeo, &juliet) || !hasInOrder(&juliet, &romeo)) return fail("messages in order");
  purple_account_disconnect(juliet.account);
  return until(hasLeft) ? 0 : fail("leave");
}

static gboolean isJulietConnected(void) { return purple_account_is_connected(juliet.account); }

static gboolean isTold(void) { return juliet.received->len > 0; }

static gboolean hasEnded(void) {
  guint count = juliet.received->len;
  return errors->len || (count && g_str_equal(juliet.received->pdata[count - 1], "the end"));
}

static gboolean onPace(gpointer next) {
  say(&juliet, &romeo, (*(int *)next)++);
  return *(int *)next < MESSAGES && !hasEnded();
}

static int burst(gboolean speaks) {
  static int next;
  if (!until(isJulietConnected)) return fail("log in");
  if (speaks) {
    // She is connected before her presence is known, without which nothing would come to her.
    if (!until(isTold)) return fail("begin");
    g_ptr_array_set_size(juliet.received, 0);
    g_timeout_add(PACE_MS, onPace, &next);
  }
  while (!hasEnded()) {
    if (isOver) return fail("end");
    g_main_context_iteration(NULL, TRUE);
  }
  char *error = g_strescape(errors->str, NULL);
  printf("{\"ok\":true,\"error\":\"%s\",\"received\":[", error);
  for (guint i = 0; i < juliet.received->len; i++) printf("%s\"%s\"", i ? "," : "", (char *)juliet.received->pdata[i]);
  printf("]}\n");
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 9) return 2;
  used = g_string_new(NULL);
  errors = g_string_new(NULL);
  mechanism = argv[5];
  purple_util_set_user_dir(argv[1]);
  purple_debug_set_enabled(g_getenv("PURPLE_TEST_DEBUG") != NULL);
  purple_eventloop_set_ui_ops(&eventLoop);
  purple_connections_set_ui_ops(&connections);
  if (!purple_core_init(UI)) return fail("start");
  purple_set_blist(purple_blist_new());
  purple_prefs_set_bool("/purple/logging/log_ims", FALSE);
  listen();
  g_timeout_add_seconds(LIMIT_SECONDS, onLimit, NULL);

  juliet = join(argv[7], argv[3], argv[4], argv[2]);
  romeo = join(argv[8], argv[3], argv[4], argv[2]);
  purple_account_set_enabled(juliet.account, UI, TRUE);
  if (g_str_equal(argv[6], "burst") || g_str_equal(argv[6], "listen")) return burst(g_str_equal(argv[6], "burst"));
  purple_account_set_enabled(romeo.account, UI, TRUE);
  if (!until(areConnected)) return fail("log in");
  if (g_str_equal(argv[6], "talk") && talk() != 0) return 1;
  printf("{\"ok\":true,\"used\":\"%s\",\"messages\":%u}\n", used->str, juliet.received->len + romeo.received->len);
  return 0;
}
