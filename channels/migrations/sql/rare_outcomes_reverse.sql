DROP INDEX channels_message_rare;
