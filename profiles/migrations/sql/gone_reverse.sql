DROP TABLE profiles_gone;
