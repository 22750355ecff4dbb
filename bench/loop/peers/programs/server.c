/* A nightlight server on libmosquitto. Usage: server <port> <qos> [contract]. "contract" sends commands retained at QoS 1. */
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int qos, command_qos;
static bool retained;

static void on_connect(struct mosquitto *client, void *data, int code) {
    (void)data;
    if (code == 0) mosquitto_subscribe(client, NULL, "nightlight/+/telemetry", qos);
}

static void on_message(struct mosquitto *client, void *data, const struct mosquitto_message *message) {
    (void)data;
    char payload[256], topic[256];
    size_t length = strlen(message->topic), tail = strlen("telemetry");
    if (message->payloadlen <= 0 || message->payloadlen >= (int)sizeof payload) return;
    if (length < tail || length >= sizeof topic - tail) return;
    memcpy(payload, message->payload, message->payloadlen);
    payload[message->payloadlen] = 0;
    const char *light = strstr(payload, "\"light\":");
    if (!light) return;
    const char *answer = atof(light + 8) < 300 ? "{\"led_on\":true}" : "{\"led_on\":false}";
    memcpy(topic, message->topic, length - tail);
    strcpy(topic + length - tail, "commands");
    mosquitto_publish(client, NULL, topic, (int)strlen(answer), answer, command_qos, retained);
}

int main(int count, char **args) {
    if (count < 3 || count > 4) return 2;
    retained = count == 4;
    qos = atoi(args[2]);
    command_qos = retained ? 1 : qos;
    mosquitto_lib_init();
    struct mosquitto *client = mosquitto_new(NULL, true, NULL);
    mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_max_inflight_messages_set(client, 1000);
    mosquitto_connect_callback_set(client, on_connect);
    mosquitto_message_callback_set(client, on_message);
    if (mosquitto_connect(client, "127.0.0.1", atoi(args[1]), 60) != MOSQ_ERR_SUCCESS) return 1;
    return mosquitto_loop_forever(client, -1, 1) == MOSQ_ERR_SUCCESS ? 0 : 1;
}
